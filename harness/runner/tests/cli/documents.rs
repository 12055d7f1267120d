//! Runs the commands of the project's documents as they stand, and follows their links.
//!
//! A document is a page in Markdown. Each line of a fenced block `sh` is a command: it
//! ends with 0, or with N if the line ends with `# exit N`. A block `sh no-run: REASON` is
//! not run. The lines of a block `text output` are in the output of the command before it,
//! in this order, with other numbers perhaps: these change with each pack that is added. A
//! line `…` stands for lines that are left out. The blocks of a document run in one folder,
//! in their order.

use crate::support::{caches, project};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where documents are. NB: only the top of `packs`: what is below belongs to the packs.
const FOLDERS: [&str; 6] = ["harness", "fuzz", "corpus", "ci", "reports", ".github"];

/// Folders that tools write, and git ignores.
const WRITTEN: [&str; 5] = [
    "target",
    "reports/out",
    "fuzz/artifacts",
    "fuzz/corpus",
    "fuzz/coverage",
];

/// The languages of fenced blocks. Others are refused, so that no command hides in them.
const LANGUAGES: [&str; 5] = ["sh", "text", "json", "toml", "mermaid"];

/// Builds the binary and runs it; the tests have the binary already.
const BUILD_AND_RUN: &str = "cargo run --bin greentic-provision -- ";

/// A page, by its name and its text.
struct Document {
    /// The path from the root of the project, with `/`.
    name: String,
    text: String,
}

/// One fenced block of a document.
#[derive(Debug, PartialEq)]
enum Block {
    /// Commands with their lines in the document.
    Commands(Vec<(usize, String)>),
    /// Lines that the command before has printed.
    Output(usize, Vec<String>),
    /// A block that a person reads.
    Shown,
}

fn documents() -> Vec<Document> {
    let root = project();
    let mut paths = vec![root.join("README.md"), root.join("packs/README.md")];
    let mut folders: Vec<PathBuf> = FOLDERS.iter().map(|f| root.join(f)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the project") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                if !WRITTEN.iter().any(|written| path.ends_with(written)) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|e| e == "md") {
                paths.push(path);
            }
        }
    }
    paths.sort();
    let document = |path: PathBuf| {
        let name = path.strip_prefix(&root).expect("below the root");
        Document {
            name: name.to_str().expect("UTF-8").to_owned(),
            text: fs::read_to_string(&path).expect("a document"),
        }
    };
    paths.into_iter().map(document).collect()
}

/// The fenced blocks of a document, or what is wrong with one, with its line.
fn blocks(text: &str) -> Result<Vec<Block>, (usize, String)> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().enumerate().map(|(n, line)| (n + 1, line));
    while let Some((start, line)) = lines.next() {
        let Some(info) = line.trim_start().strip_prefix("```") else {
            continue;
        };
        let mut body = Vec::new();
        loop {
            let (n, line) = lines.next().ok_or((start, "the block has no end".into()))?;
            if line.trim_start().starts_with("```") {
                break;
            }
            body.push((n, line.to_owned()));
        }
        let block = block(info.trim(), start, body).map_err(|problem| (start, problem))?;
        blocks.push(block);
    }
    Ok(blocks)
}

fn block(info: &str, start: usize, body: Vec<(usize, String)>) -> Result<Block, String> {
    let (language, mark) = info.split_once(' ').unwrap_or((info, ""));
    if !LANGUAGES.contains(&language) {
        return Err(format!("`{language}` is none of {}", LANGUAGES.join(", ")));
    }
    match (language, mark) {
        ("sh", "") => Ok(Block::Commands(commands(body)?)),
        ("sh", mark) => match mark.strip_prefix("no-run:").map(str::trim) {
            Some("") => Err("`no-run:` needs a reason".into()),
            Some(_) => Ok(Block::Shown),
            None => Err(format!("`{mark}` is not `no-run: REASON`")),
        },
        ("text", "output") => {
            let lines = body.into_iter().map(|(_, line)| line);
            Ok(Block::Output(start, lines.collect()))
        }
        (_, "") => Ok(Block::Shown),
        (_, mark) => Err(format!("a block `{language}` has no mark `{mark}`")),
    }
}

/// The commands of a block: a line that ends with `\` continues on the next one.
fn commands(body: Vec<(usize, String)>) -> Result<Vec<(usize, String)>, String> {
    let mut commands: Vec<(usize, String)> = Vec::new();
    let mut continues = false;
    for (n, line) in body {
        if continues && let Some((_, command)) = commands.last_mut() {
            command.push('\n');
            command.push_str(&line);
        } else if !line.trim().is_empty() && !line.trim_start().starts_with('#') {
            commands.push((n, line.clone()));
        }
        continues = line.ends_with('\\');
    }
    if commands.is_empty() {
        return Err("the block has no command".into());
    }
    Ok(commands)
}

/// The exit code that a command states.
fn stated_exit(command: &str) -> i32 {
    let Some((_, comment)) = command.rsplit_once("# exit ") else {
        return 0;
    };
    let digits = comment.split(|c: char| !c.is_ascii_digit()).next();
    let digits = digits.unwrap_or_default();
    digits.parse().expect("a number behind `# exit`")
}

/// A folder with links to what the commands read; what they write stays in it.
fn working_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["packs", "corpus"] {
        let source = fs::canonicalize(project().join(name)).expect("a folder of the project");
        symlink(source, folder.path().join(name)).expect("a link");
    }
    fs::create_dir(folder.path().join("bin")).expect("a folder");
    let program = env!("CARGO_BIN_EXE_greentic-provision");
    symlink(program, folder.path().join("bin/greentic-provision")).expect("a link");
    folder
}

/// Runs the blocks of a document in `folder`, and returns what is not as stated.
fn run_blocks(name: &str, blocks: &[Block], folder: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    let mut printed = String::new();
    for block in blocks {
        match block {
            Block::Commands(commands) => {
                for (line, command) in commands {
                    let output = shell(folder, command);
                    printed = String::from_utf8_lossy(&output.stdout).into_owned();
                    let (code, stated) = (output.status.code(), stated_exit(command));
                    if code != Some(stated) {
                        let errors = String::from_utf8_lossy(&output.stderr);
                        problems.push(format!(
                            "{name}:{line}: {code:?} instead of {stated}: {command}\n{printed}{errors}"
                        ));
                    }
                }
            }
            Block::Output(start, lines) => {
                if let Some(missing) = not_printed(lines, &printed) {
                    problems.push(format!(
                        "{name}:{start}: the command before does not print: {missing}\nbut:\n{printed}"
                    ));
                }
            }
            Block::Shown => {}
        }
    }
    problems
}

fn shell(folder: &Path, command: &str) -> std::process::Output {
    let command = match command.strip_prefix(BUILD_AND_RUN) {
        Some(arguments) => format!("greentic-provision {arguments}"),
        None => command.to_owned(),
    };
    // Neither `cargo` nor scripts of the project run: they are not in these folders.
    let path = format!("{}:/usr/bin:/bin", folder.join("bin").display());
    Command::new("/bin/sh")
        .args(["-c", &command])
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .env("HOME", folder)
        .env("XDG_CACHE_HOME", caches())
        .stdin(std::process::Stdio::null())
        .output()
        .expect("a shell")
}

/// The first of `lines` that `printed` lacks behind the ones before it.
fn not_printed<'a>(lines: &'a [String], printed: &str) -> Option<&'a String> {
    let mut printed = printed.lines();
    let mut shown = lines.iter().filter(|line| *line != "…");
    shown.find(|line| !printed.any(|p| without_numbers(p) == without_numbers(line)))
}

/// A line whose numbers are `0`; blanks beside them depend on how long they are.
fn without_numbers(line: &str) -> String {
    let mut out = String::new();
    for c in line.trim().chars() {
        let c = if c.is_ascii_digit() { '0' } else { c };
        if !(c == '0' && out.ends_with('0') || c == ' ' && out.ends_with(' ')) {
            out.push(c);
        }
    }
    out
}

#[test]
fn each_command_of_the_documents_runs_or_says_why_not() {
    let documents = documents();
    assert!(documents.len() > 15, "{} documents", documents.len());
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut problems = Vec::new();
        while let Some(document) = documents.get(next.fetch_add(1, Ordering::Relaxed)) {
            let name = &document.name;
            match blocks(&document.text) {
                Ok(blocks) => {
                    let folder = working_folder();
                    problems.extend(run_blocks(name, &blocks, folder.path()));
                }
                Err((line, problem)) => problems.push(format!("{name}:{line}: {problem}")),
            }
        }
        problems
    };
    let mut problems = std::thread::scope(|scope| {
        let workers = [scope.spawn(worker), scope.spawn(worker)];
        let found = workers.map(|w| w.join().expect("no panic"));
        found.concat()
    });
    problems.sort();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The relative links of a document, with their lines.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut links = Vec::new();
    let mut fenced = false;
    for (n, line) in text.lines().enumerate() {
        fenced ^= line.trim_start().starts_with("```");
        let targets = line.split("](").skip(1).filter(|_| !fenced);
        let targets = targets.filter_map(|rest| rest.split(')').next());
        let relative = targets.filter(|target| !target.contains("://"));
        links.extend(relative.map(|target| (n + 1, target)));
    }
    links
}

/// The anchor of a heading, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter_map(|c| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        c if c.is_alphanumeric() => c.to_lowercase().next(),
        _ => None,
    });
    kept.collect()
}

fn leads_nowhere(document: &Document, target: &str) -> bool {
    let (file, part) = target.split_once('#').unwrap_or((target, ""));
    let own = project().join(&document.name);
    let path = if file.is_empty() {
        own
    } else {
        own.parent().expect("a folder").join(file)
    };
    if part.is_empty() {
        return !path.exists();
    }
    let text = fs::read_to_string(path).unwrap_or_default();
    let mut headings = text.lines().filter(|line| line.starts_with('#'));
    !headings.any(|line| anchor(line.trim_start_matches('#')) == part)
}

#[test]
fn no_relative_link_of_the_documents_is_dead() {
    let documents = documents();
    let mut dead = Vec::new();
    let mut followed = 0;
    for document in &documents {
        for (line, target) in links(&document.text) {
            followed += 1;
            if leads_nowhere(document, target) {
                dead.push(format!("{}:{line}: {target}", document.name));
            }
        }
    }
    assert!(followed > 15, "{followed} links");
    assert!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
}

#[test]
fn link_to_a_missing_file_or_heading_is_dead() {
    let text =
        "[a](README.md#exit-codes) [b](README.md#nowhere) [c](nowhere.md) [d](https://a.example)";
    let document = Document {
        name: "README.md".into(),
        text: text.into(),
    };
    let targets = links(&document.text);
    assert_eq!(targets.len(), 3, "{targets:?}");
    let dead = targets.iter().filter(|(_, t)| leads_nowhere(&document, t));
    let dead: Vec<&str> = dead.map(|(_, target)| *target).collect();
    assert_eq!(dead, ["README.md#nowhere", "nowhere.md"]);
}

#[test]
fn block_that_neither_runs_nor_says_why_not_is_refused() {
    let wrong = [
        "```sh no-run:\na\n```",
        "```sh skip\na\n```",
        "```bash\na\n```",
        "```\na\n```",
        "```sh\n# only a comment\n```",
        "```sh\na",
    ];
    for text in wrong {
        assert!(blocks(text).is_err(), "{text}");
    }
    let marked = "```sh no-run: needs a registry\na\n```";
    assert_eq!(blocks(marked), Ok(vec![Block::Shown]));
    let lines = vec![(2, "a \\\n  b".to_owned()), (4, "c".to_owned())];
    let text = "```sh\na \\\n  b\nc\n```";
    assert_eq!(blocks(text), Ok(vec![Block::Commands(lines)]));
}

#[test]
fn command_with_another_exit_code_or_output_than_stated_is_reported() {
    let run = |text: &str| {
        let folder = working_folder();
        let blocks = blocks(text).expect("well-formed");
        run_blocks("x.md", &blocks, folder.path()).len()
    };
    let explain = "```sh\ngreentic-provision explain plan.golden\n```\n";
    assert_eq!(run(explain), 0);
    let unknown = "```sh\ngreentic-provision explain plan.nothing";
    assert_eq!(run(&format!("{unknown}\n```")), 1);
    assert_eq!(run(&format!("{unknown} # exit 2: no such check\n```")), 0);
    assert_eq!(run("```sh\nci/check.sh\n```"), 1);
    let output = |lines: &str| format!("{explain}```text output\n{lines}\n```");
    assert_eq!(run(&output("## plan.golden\n…\nLevel: must")), 0);
    assert_eq!(run(&output("Level: must\n## plan.golden")), 1);
    assert_eq!(run(&output("Level: should")), 1);
}
