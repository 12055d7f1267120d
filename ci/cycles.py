#!/usr/bin/env python3
"""Refuses import cycles between the source files of a crate.

A file imports another file if its code names an item that the other file defines:
in a `use`, or in a path that begins with `crate`, `super`, `self`, a child module
or an imported name. A re-export leads to the file that defines the item. These
are no imports: `mod x;`, a `pub use` whose name the file itself does not use,
comments, strings, and items under `#[cfg(test)]`.
"""

import collections
import pathlib
import re
import sys
import tempfile

# Imports that may stay in a cycle: (importing file, imported file): reason.
# An entry that belongs to no cycle is an error, so the list can only shrink.
ALLOWED = {}

SKIPPED = re.compile(
    r'//[^\n]*|r(#*)".*?"\1|[bc]?"(?:\\.|[^"\\])*"|b?\'(?:\\.[^\']*|[^\'\\])\'|/\*', re.S
)
# `#[cfg(test)]` and `#[cfg(all(test, …))]`, with the attributes after them.
TEST_ONLY = re.compile(r"#\[cfg\((?:all\()?test\b[^\]]*\]\s*(?:#\[[^\]]*\]\s*)*")
TOKEN = re.compile(r"[A-Za-z_]\w*|::|[^\s]")
NAME = re.compile(r"[A-Za-z_]\w*")
DEFINITION = {"fn", "struct", "enum", "union", "trait", "type", "const", "static"}
PATH_ATTRIBUTE = re.compile(r'(?:with|default|skip_serializing_if)\s*=\s*"([\w:]+::\w+)"')


def without_text(source):
    """The source without comments and strings, but with serde's paths."""
    source = PATH_ATTRIBUTE.sub(r"= \1", source).replace("r#", "")
    parts, at = [], 0
    while found := SKIPPED.search(source, at):
        parts.append(source[at : found.start()])
        at = found.end()
        if found[0] == "/*":
            depth = 1
            while depth and (mark := re.compile(r"/\*|\*/").search(source, at)):
                depth += 1 if mark[0] == "/*" else -1
                at = mark.end()
        parts.append(" " if found[0].startswith("/") else '""')
    return "".join([*parts, source[at:]])


def without_tests(source):
    """The source without the items that only a test build has."""
    while found := TEST_ONLY.search(source):
        depth, end = 0, found.end()
        for end in range(found.end(), len(source)):
            depth += {"{": 1, "}": -1, "(": 1, ")": -1}.get(source[end], 0)
            if depth == 0 and source[end] in "};,":
                break
        source = source[: found.start()] + source[end + 1 :]
    return source


def leaves(tokens, prefix=()):
    """Each (path, name in scope) of a use tree; the name of a glob is `*`."""
    path, tokens = list(prefix), list(tokens)
    while tokens:
        token = tokens.pop(0)
        if token == "{":
            depth, branch = 1, []
            for token in tokens:
                depth += {"{": 1, "}": -1}.get(token, 0)
                if (token == "," and depth == 1) or depth == 0:
                    if branch:
                        yield from leaves(branch, path)
                    branch = []
                else:
                    branch.append(token)
            return
        if token == "as":
            yield tuple(path), tokens[0]
            return
        if token != "::" and not (token == "self" and path):
            path.append(token)
    yield tuple(path), path[-1]


class Module:
    """What one module declares, imports and names; inline modules share a file."""

    def __init__(self, file):
        self.file = file
        self.children, self.items = set(), set()
        self.names = collections.defaultdict(list)
        self.globs, self.imports, self.paths = [], [], []


class Crate:
    def __init__(self, root):
        self.root, self.modules, self.macros = root, {}, {}
        self.read((), root / "lib.rs", root)

    def read(self, path, file, folder):
        """Reads the file of a module, and those of the modules that it declares."""
        self.modules[path] = Module(file)
        tokens = TOKEN.findall(without_tests(without_text(file.read_text())))
        self.walk(path, tokens, folder)

    def walk(self, path, tokens, folder):
        at, depth, inline = 0, 0, []
        while at < len(tokens):
            token = tokens[at]
            here = path + tuple(name for name, _ in inline)
            module = self.modules[here]
            before = tokens[at - 1] if at else ""
            after = tokens[at + 1] if at + 1 < len(tokens) else ""
            if token == "use" and (NAME.match(after) or after in ("{", "::")):
                end = tokens.index(";", at)
                self.use(module, tokens[at + 1 : end], before)
                at = end
            elif token == "mod" and NAME.match(after):
                module.children.add(after)
                if tokens[at + 2] == "{":
                    self.modules[(*here, after)] = Module(module.file)
                    inline.append((after, depth))
                    depth += 1
                else:
                    inside = folder.joinpath(*here[len(path) :])
                    file = inside / f"{after}.rs"
                    file = file if file.exists() else inside / after / "mod.rs"
                    self.read((*here, after), file, inside / after)
                at += 2
            elif token == "macro_rules" and after == "!":
                module.items.add(tokens[at + 2])
                if tokens[max(0, at - 4) : at] == ["#", "[", "macro_export", "]"]:
                    self.macros[tokens[at + 2]] = here
                at += 2
            elif token in DEFINITION and NAME.match(after) and before != "*":
                module.items.add(after)
                at += 1
            elif NAME.match(token):
                at = self.path(module, tokens, at)
            elif token in "{}":
                depth += 1 if token == "{" else -1
                if inline and inline[-1][1] == depth:
                    inline.pop()
            at += 1

    def use(self, module, tree, before):
        """Enters a use declaration; `before` is the token in front of it."""
        public = before in ("pub", ")")
        for path, name in leaves([t for i, t in enumerate(tree) if i or t != "::"]):
            if name == "*":
                module.globs.append(path[:-1])
                path = path[:-1]
            else:
                module.names[name].append(path)
            if not public:
                module.imports.append(path)

    def path(self, module, tokens, at):
        """Enters the path that begins at a name, and returns where it ends."""
        before = tokens[at - 1] if at else ""
        path, end = [tokens[at]], at
        while tokens[end + 1 : end + 2] == ["::"] and NAME.match(tokens[end + 2]):
            path.append(tokens[end + 2])
            end += 2
        follows = tokens[end + 1] if end + 1 < len(tokens) else ""
        # A lower-case name alone is most often a variable or a field.
        item = path[0][0].isupper() or follows in ("(", "!")
        # `(in crate::x)` is a visibility.
        if before not in (".", "::", "in") and (len(path) > 1 or item):
            module.paths.append(tuple(path))
        return end

    def lookup(self, at, name, last, seen):
        """The modules that a name of the module `at` leads to: (module, is an item)."""
        module = self.modules[at]
        if (at, name, last) in seen:
            return []
        seen = seen | {(at, name, last)}
        if name in module.children and (*at, name) in self.modules and not last:
            return [((*at, name), False)]
        if name in module.items:
            return [(at, True)]
        found = []
        for path in module.names.get(name, []):
            found += self.resolve(at, path, last, seen)
        if not found and name in module.children:
            found = [((*at, name), False)] if (*at, name) in self.modules else []
        for path in module.globs if not found else []:
            for target, item in self.resolve(at, path, False, seen):
                if not item:
                    found += self.lookup(target, name, last, seen)
        if not found and not at and name in self.macros:
            found = [(self.macros[name], True)]
        return found

    def resolve(self, module, path, last=True, seen=frozenset()):
        """The modules that `path` names in `module`: (module, names an item in it)."""
        if path[0] == "crate":
            at, rest = (), path[1:]
        elif path[0] in ("self", "super"):
            at, rest = module, path
            while rest and rest[0] in ("self", "super"):
                at = at[:-1] if rest[0] == "super" else at
                rest = rest[1:]
        else:
            found = self.lookup(module, path[0], last and len(path) == 1, seen)
            return [r for f in found for r in self.onward(f, path[1:], last, seen)]
        return self.onward((at, False), rest, last, seen)

    def onward(self, found, rest, last, seen):
        at, item = found
        if item or not rest:
            return [found]
        steps = self.lookup(at, rest[0], last and len(rest) == 1, seen)
        if not steps and rest[0] not in self.modules[at].names:
            # Nothing declares this name, so a macro of the module makes it. What
            # the module imports and is not found belongs to another crate.
            steps = [(at, True)]
        return [r for step in steps for r in self.onward(step, rest[1:], last, seen)]

    def imports(self):
        """Importing file -> imported file -> the names that need it."""
        arrows = collections.defaultdict(lambda: collections.defaultdict(set))
        for at, module in self.modules.items():
            for path in module.imports + module.paths:
                for target, item in self.resolve(at, path):
                    file = self.modules[target].file
                    glob = path in module.globs and target != at
                    if (item or glob) and file != module.file:
                        arrows[str(module.file)][str(file)].add("::".join(path))
        return arrows

    def unread(self):
        """Source files that no module is read from, and that are no tests either."""
        read = {module.file for module in self.modules.values()} | {self.root / "main.rs"}
        for file in sorted(set(self.root.rglob("*.rs")) - read):
            name = file.parent if file.stem == "mod" else file.with_suffix("")
            above = [name.parent / "mod.rs", name.parent / "lib.rs", name.parent.with_suffix(".rs")]
            declares = re.compile(rf"#\[cfg\((?:all\()?test\b[^\]]*\][^;]*\bmod {name.name};")
            if not any(declares.search(f.read_text()) for f in above if f.exists()):
                yield file


def shortest(arrows, start, goal):
    """The shortest way from one file to another, both included, or nothing."""
    came, todo = {start: None}, collections.deque([start])
    while todo:
        file = todo.popleft()
        if file == goal:
            way = [file]
            while came[way[-1]] is not None:
                way.append(came[way[-1]])
            return way[::-1]
        for target in sorted(arrows.get(file, ())):
            if target not in came:
                came[target] = file
                todo.append(target)
    return None


def cycles(arrows):
    """Cycles, short ones first, that together hold each import of every cycle."""
    ways = []
    for file in sorted(arrows):
        for target in sorted(arrows[file]):
            if way := shortest(arrows, target, file):
                ways.append([file, *way])
    shown, found = set(), []
    for way in sorted(ways, key=len):
        if (way[0], way[1]) not in shown:
            found.append(way)
            shown |= set(zip(way, way[1:]))
    return found


def self_test():
    """Made-up crates, each with the number of cycles that must be found."""
    crates = [
        # A re-export leads to the file that defines the item.
        (0, {
            "lib": "mod a; mod b; pub use b::B;",
            "a": "use crate::B; struct A(B);",
            "b": "pub struct B;",
        }),
        # Comments and strings are no imports.
        (0, {
            "lib": "mod a; mod b;",
            "a": "use crate::b::B; pub struct A;",
            "b": '// crate::a::A\nstruct B; const S: &str = "crate::a::A";',
        }),
        # Tests are no imports.
        (0, {
            "lib": "mod a; mod b;",
            "a": "use crate::b::B; pub struct A;",
            "b": "struct B; #[cfg(test)] mod tests { use crate::a::A; }",
        }),
        # A re-export that the parent does not use is no import.
        (0, {
            "lib": "pub mod a; pub use a::A; pub struct L;",
            "a": "use super::L; pub struct A;",
        }),
        # A re-exported crate is no import.
        (0, {
            "lib": "mod a; pub use other; pub fn f() { a::g() }",
            "a": "fn g() { crate::other::h() }",
        }),
        # Braces, renames and a path in code.
        (1, {
            "lib": "mod a; mod b;",
            "a": "use crate::{b::{self as c, B}}; struct A(B);",
            "b": "struct B; fn f(_: crate::a::A) {}",
        }),
        # A path through a renamed module.
        (1, {
            "lib": "mod a; mod b;",
            "a": "use crate::b as c; struct A; fn f() { c::g() }",
            "b": "use super::a::A; fn g() {}",
        }),
        # A child names an item of its parent, which calls the child.
        (1, {
            "lib": "mod a; struct L; fn f() { a::g() }",
            "a": "use super::L; pub fn g() {}",
        }),
        # A parent uses a name that it re-exports.
        (1, {
            "lib": "mod a; pub use a::A; struct L(A);",
            "a": "use crate::L; pub struct A;",
        }),
        # A re-export of everything.
        (1, {
            "lib": "mod a; mod b; pub use b::*;",
            "a": "struct A; fn f(_: crate::B) {}",
            "b": "pub struct B; use crate::a::A;",
        }),
        # Three files and an inline module.
        (1, {
            "lib": "mod a; mod b; mod c;",
            "a": "use crate::b::B; struct A;",
            "b": "use crate::c::C; struct B;",
            "c": "mod i { use super::super::a::A; } struct C;",
        }),
    ]
    for expected, sources in crates:
        with tempfile.TemporaryDirectory() as folder:
            for name, source in sources.items():
                pathlib.Path(folder, f"{name}.rs").write_text(source)
            found = cycles(Crate(pathlib.Path(folder)).imports())
            assert len(found) == expected, f"{len(found)} cycles instead of {expected} in {sources}"


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    failed, unused, files = False, set(ALLOWED), 0
    roots = [r for g in ("harness/*/src", "fuzz/*/src") for r in pathlib.Path(".").glob(g)]
    for root in sorted(roots):
        crate = Crate(root)
        arrows = crate.imports()
        files += len(crate.modules)
        for file in crate.unread():
            print(f"error: {file}: no `mod` declaration leads to this file")
            failed = True
        for file, target in ALLOWED:
            if target in arrows.get(file, ()) and shortest(arrows, target, file):
                unused.discard((file, target))
        for file, target in ALLOWED:
            arrows.get(file, {}).pop(target, None)
        for way in cycles(arrows):
            failed = True
            print("error: import cycle: " + " -> ".join(way))
            for file, target in zip(way, way[1:]):
                names = arrows[file][target]
                short = {n for n in names if any(o.endswith(f"::{n}") for o in names)}
                print(f"    {file} names {', '.join(sorted(names - short))}")
    for file, target in sorted(unused):
        print(f"error: ALLOWED in ci/cycles.py has {file} -> {target}, which is in no cycle")
        failed = True
    if not failed:
        print(f"no import cycles among {files} modules")
    return failed


if __name__ == "__main__":
    sys.exit(main())
