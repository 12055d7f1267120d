#!/usr/bin/env python3
"""Refuses circles of imports between the files of a crate.

An arrow goes from a file to each file whose items it names by `crate::`,
`super::`, `self::` or a `use` of one of its child modules. `mod x;` and `pub use`
make no arrow: a name that is passed on leads to the file that defines it. Code
below `#[cfg(test)]` does not count.
"""

import pathlib
import re
import sys
import tempfile

# Circles that must stay, by the first of their files, each with its reason. An
# entry that matches no circle is an error.
KNOWN = {}


def stripped(text):
    """The source without comments, strings and test modules."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|r(#*)".*?"\1|b?"(?:\\.|[^"\\])*"|b?\'(?:\\.[^\']*|[^\'\\])\'',
        re.S,
    )
    text = pattern.sub(lambda m: " " if m[0].startswith("/") else '""', text)
    while found := re.search(r"#\[cfg\((?:all\()?test\b[^\]]*\]\s*(?:#\[[^\]]*\]\s*)*", text):
        at = found.end()
        depth, end = 0, at
        for end in range(at, len(text)):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            if (depth == 0 and text[end] == "}") or (depth == 0 and text[end] == ";"):
                break
        text = text[: found.start()] + text[end + 1 :]
    return text


def leaves(tree, prefix=()):
    """Every (path, name) of a use tree."""
    tree = tree.strip()
    if tree.startswith("{") and tree.endswith("}"):
        depth, start = 0, 1
        for at in range(1, len(tree)):
            c = tree[at]
            if (c == "," and depth == 0) or at == len(tree) - 1:
                if tree[start:at].strip():
                    yield from leaves(tree[start:at], prefix)
                start = at + 1
            depth += {"{": 1, "}": -1}.get(c, 0)
        return
    head, colons, rest = tree.partition("::")
    if colons and "{" not in head:
        yield from leaves(rest, (*prefix, head.strip()))
        return
    name, _, alias = tree.partition(" as ")
    name = name.strip()
    path = prefix if name == "self" else (*prefix, name)
    if path:
        yield path, (alias.strip() or path[-1])


class Crate:
    def __init__(self, root):
        self.root = root
        self.files = {}
        for file in sorted(root.rglob("*.rs")):
            parts = list(file.relative_to(root).with_suffix("").parts)
            if parts[-1] in ("mod", "lib"):
                parts.pop()
            if parts != ["main"]:
                self.files[tuple(parts)] = file
        self.text = {m: stripped(f.read_text()) for m, f in self.files.items()}
        self.names, self.uses = {}, {}
        for module, text in self.text.items():
            self.names[module], self.uses[module] = {}, []
            for found in re.finditer(r"(pub(?:\([^)]*\))?\s+)?use\s+([^;]+);", text):
                for path, name in leaves(" ".join(found[2].split())):
                    self.names[module][name] = path
                    if not found[1]:
                        self.uses[module].append(path)

    def resolve(self, module, path, depth=0):
        """The module whose file defines what `path` names in `module`."""
        if depth > 20 or not path:
            return None
        head, rest = path[0], path[1:]
        if head == "crate":
            at = ()
        elif head == "self":
            at = module
        elif head == "super":
            at = module[:-1]
            while rest and rest[0] == "super":
                at, rest = at[:-1], rest[1:]
        elif (*module, head) in self.files:
            at = (*module, head)
        else:
            return None
        for i, name in enumerate(rest):
            if (*at, name) in self.files:
                at = (*at, name)
                continue
            onward = self.names.get(at, {}).get(name)
            if onward and onward != path:
                return self.resolve(at, (*onward, *rest[i + 1 :]), depth + 1) or at
            break
        return at

    def arrows(self):
        arrows = {}
        for module, text in self.text.items():
            text = re.sub(r"(pub(?:\([^)]*\))?\s+)?use\s+[^;]+;", " ", text)
            inline = re.findall(r"(?<!\$)\b((?:crate|super|self)(?:::\w+)+)", text)
            children = [m[-1] for m in self.files if m[:-1] == module and m != module]
            for child in children:
                inline += re.findall(rf"(?<![\w:]){child}(?:::\w+)+", text)
            paths = self.uses[module] + [tuple(p.split("::")) for p in inline]
            for path in paths:
                target = self.resolve(module, path)
                if target is not None and target != module:
                    arrows.setdefault(module, {}).setdefault(target, path[-1])
        return arrows

    def circles(self):
        """The strongly connected sets of more than one file."""
        arrows = self.arrows()
        reach = {}
        for start in self.files:
            seen, todo = set(), [start]
            while todo:
                for target in arrows.get(todo.pop(), {}):
                    if target not in seen:
                        seen.add(target)
                        todo.append(target)
            reach[start] = seen
        circles = {
            frozenset(o for o in reach[m] if m in reach[o]) for m in self.files if m in reach[m]
        }
        return arrows, sorted(sorted(c) for c in circles if len(c) > 1)


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "lib.rs").write_text("mod a;\nmod b;\npub use b::B;\n")
        (root / "a.rs").write_text("use crate::B;\npub struct A(B);\n")
        (root / "b.rs").write_text("// crate::a::A\npub struct B;\n")
        assert Crate(root).circles()[1] == [], "a circle where there is none"
        (root / "b.rs").write_text("pub struct B;\nfn f(_: crate::a::A) {}\n")
        assert len(Crate(root).circles()[1]) == 1, "a circle is not seen"


def main():
    self_test()
    failed, unused = False, set(KNOWN)
    for root in sorted(pathlib.Path(".").glob("harness/*/src")) + sorted(
        pathlib.Path("fuzz").glob("*/src")
    ):
        crate = Crate(root)
        arrows, circles = crate.circles()
        for circle in circles:
            first = str(crate.files[circle[0]])
            if first in KNOWN:
                unused.discard(first)
                if "--all" not in sys.argv:
                    continue
            else:
                failed = True
            print(f"error: a circle of imports between {len(circle)} files:")
            for module in circle:
                for target, name in arrows[module].items():
                    if target in circle:
                        print(f"  {crate.files[module]} -> {crate.files[target]} ({name})")
    for entry in sorted(unused):
        print(f"error: ci/cycles.py names a circle at {entry} that is open now; remove the entry")
        failed = True
    return failed


if __name__ == "__main__":
    sys.exit(main())
