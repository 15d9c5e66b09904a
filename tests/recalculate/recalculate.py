#!/usr/bin/env python3
"""Compares the stored results of a workbook's formulas with what LibreOffice calculates anew.

hebiao writes a formula together with its result, because viewers, previews and Excel's protected
view show what is stored and calculate nothing. A result that does not belong to its formula stays
unseen until somebody opens the workbook for editing and the numbers change before their eyes.

Exit status: 0 everything agrees, 1 a difference or nothing to compare, 2 it could not be run.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path
from typing import NamedTuple

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"

# LibreOffice believes the stored results of files that say that Excel wrote them, whatever
# `fullCalcOnLoad` asks for. 0 is "always" in this setting, 1 is "never", 2 is "ask".
PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Setup/L10N">
<prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>en-US</value></prop></item>
</oor:items>
"""

# LibreOffice stops without a word somewhere beyond 240 workbooks.
BATCH = 100

# Their results belong to the moment, so that they can't agree.
VOLATILE = re.compile(r"\b(TODAY|NOW|RAND|RANDBETWEEN|RANDARRAY)\s*\(", re.IGNORECASE)

# `_x000D_` in a text of the file is the sign with that number.
ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


class CannotRun(Exception):
    """Why nothing could be compared."""


class Result(NamedTuple):
    """A formula's result: `n` number, `s` text, `b` truth, `e` error, `-` none is stored."""

    kind: str
    value: object

    def __str__(self):
        if self.kind == "-":
            return "nothing"
        if self.kind == "n":
            return f"{self.value:.15g}"
        if self.kind == "b":
            return "TRUE" if self.value else "FALSE"
        return f"`{self.value}`" if self.kind == "s" else str(self.value)


class Difference(NamedTuple):
    place: str
    formula: str
    stored: Result
    recalculated: Result

    def __str__(self):
        return (
            f"{self.place}  ={self.formula}  "
            f"stored {self.stored}, recalculated {self.recalculated}"
        )


def sheets(package):
    """The sheets' names and parts, in order."""
    targets = {}
    for relation in ElementTree.fromstring(package.read("xl/_rels/workbook.xml.rels")):
        if relation.tag == f"{PACKAGE}Relationship":
            target = relation.get("Target")
            targets[relation.get("Id")] = target[1:] if target[0] == "/" else f"xl/{target}"
    found = []
    book = ElementTree.fromstring(package.read("xl/workbook.xml"))
    for sheet in book.iter(f"{MAIN}sheet"):
        part = targets.get(sheet.get(RELATION))
        if part and part.startswith("xl/worksheets/"):
            found.append((sheet.get("name"), part))
    return found


def words(element):
    """The text of a shared or inline string, without its phonetic guides."""
    texts = [element.find(f"{MAIN}t")]
    texts += [run.find(f"{MAIN}t") for run in element.findall(f"{MAIN}r")]
    return unescaped("".join(t.text or "" for t in texts if t is not None))


def unescaped(text):
    return ESCAPE.sub(lambda sign: chr(int(sign.group(1), 16)), text)


def result_of(cell, shared):
    """What is stored beside a cell's formula."""
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        inline = cell.find(f"{MAIN}is")
        return Result("-", None) if inline is None else Result("s", words(inline))
    value = cell.find(f"{MAIN}v")
    if value is None:
        return Result("-", None)
    text = value.text or ""
    if kind == "s":
        return Result("s", shared[int(text)])
    if kind == "str":
        return Result("s", unescaped(text))
    if kind == "b":
        return Result("b", text.strip() in ("1", "true"))
    if kind == "e":
        return Result("e", text)
    # An empty number is what writers leave who do not calculate.
    return Result("n", float(text)) if text.strip() else Result("-", None)


def formulas(path):
    """Each formula of a workbook with its stored result, by sheet and cell."""
    try:
        with zipfile.ZipFile(path) as package:
            shared = []
            if "xl/sharedStrings.xml" in package.namelist():
                strings = ElementTree.fromstring(package.read("xl/sharedStrings.xml"))
                shared = [words(entry) for entry in strings.findall(f"{MAIN}si")]
            found = {}
            for name, part in sheets(package):
                first = {}
                for cell in ElementTree.fromstring(package.read(part)).iter(f"{MAIN}c"):
                    formula = cell.find(f"{MAIN}f")
                    if formula is None:
                        continue
                    text = formula.text or ""
                    if formula.get("t") == "shared":
                        # Only the first cell has the text; the others shift it.
                        group = formula.get("si")
                        text = first.setdefault(group, text) if text else first.get(group, "")
                    found[(name, cell.get("r"))] = (text, result_of(cell, shared))
            return found
    except (OSError, KeyError, IndexError, ValueError, zipfile.BadZipFile,
            ElementTree.ParseError) as error:
        raise CannotRun(f"cannot read `{path}` as xlsx: {error}") from error


def agree(stored, recalculated):
    """Numbers to 15 digits, everything else exactly."""
    kinds = {stored.kind, recalculated.kind}
    if kinds <= {"n", "b"}:
        # LibreOffice has no type for truth: a number whose format says so.
        a, b = float(stored.value), float(recalculated.value)
        # Neighbours can fall on two sides of a rounding, so one unit of the 15th digit is free.
        return f"{a:.15g}" == f"{b:.15g}" or abs(a - b) <= 1e-14 * min(abs(a), abs(b))
    return stored == recalculated


def compare(label, stored, recalculated):
    """The differences of two writes of one workbook, and how many formulas were compared."""
    differences, compared, volatile = [], 0, 0
    for (sheet, cell), (formula, result) in stored.items():
        if VOLATILE.search(formula):
            volatile += 1
            continue
        compared += 1
        _, other = recalculated.get((sheet, cell), ("", Result("-", None)))
        if not agree(result, other):
            place = f"{label} › {sheet}!{cell}"
            differences.append(Difference(place, formula, result, other))
    return differences, compared, volatile


def recalculate(paths, folder, seconds):
    """Lets LibreOffice load and save the workbooks; returns the formulas of the new ones."""
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    if soffice is None:
        raise CannotRun("LibreOffice is not on the PATH")
    user = folder / "profile" / "user"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(PROFILE, encoding="utf-8")
    command = [
        soffice, "--headless", "--norestore", "--nolockcheck",
        f"-env:UserInstallation={user.parent.resolve().as_uri()}",
        "--convert-to", "xlsx:Calc MS Excel 2007 XML",
    ]
    found = []
    for first in range(0, len(paths), BATCH):
        batch = folder / f"from-{first}"
        found += recalculate_batch(paths[first:first + BATCH], batch, command, seconds)
    return found


def recalculate_batch(paths, folder, command, seconds):
    """As many workbooks as LibreOffice bears at a time.

    A workbook with a wrong result of its own travels with them. Should it come back as it went,
    nothing was calculated and agreement would mean nothing.
    """
    before, after = folder / "before", folder / "after"
    before.mkdir(parents=True)
    after.mkdir()
    canary = before / "canary.xlsx"
    small_workbook(canary, {"A1": ("1+1", "n", "3")})
    copies = [before / f"{at}.xlsx" for at in range(len(paths))]
    for path, copy in zip(paths, copies):
        shutil.copyfile(path, copy)
    command = [*command, "--outdir", *map(str, (after, canary, *copies))]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise CannotRun(f"LibreOffice took more than {seconds} seconds") from error
    written = [after / copy.name for copy in (canary, *copies)]
    for path, copy in zip((canary, *paths), written):
        if not copy.exists():
            said = done.stdout.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise CannotRun(f"LibreOffice did not save `{path}` anew: {' '.join(said)}")
    if formulas(written[0])[("S", "A1")][1] != Result("n", 2.0):
        raise CannotRun("LibreOffice kept the stored results: it did not calculate")
    return [formulas(copy) for copy in written[1:]]


def small_workbook(path, cells):
    """Writes a workbook with a sheet `S`: cell → (formula, kind, result)."""
    kinds = {"n": "", "s": ' t="str"', "b": ' t="b"', "e": ' t="e"'}
    rows = "".join(
        f'<row r="{at[1:]}"><c r="{at}"{kinds[kind]}><f>{formula}</f><v>{value}</v></c></row>'
        for at, (formula, kind, value) in cells.items()
    )
    office = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    document = RELATION[1:-3]
    parts = {
        "[Content_Types].xml":
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{office}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{office}.worksheet+xml"/>'
            '<Override PartName="/docProps/app.xml" ContentType='
            '"application/vnd.openxmlformats-officedocument.extended-properties+xml"/></Types>',
        "_rels/.rels":
            f'<Relationships xmlns="{PACKAGE[1:-1]}">'
            f'<Relationship Id="r1" Type="{document}/officeDocument" Target="xl/workbook.xml"/>'
            f'<Relationship Id="r2" Type="{document}/extended-properties" '
            'Target="docProps/app.xml"/></Relationships>',
        # As in hebiao's workbooks: without it LibreOffice calculates anyway.
        "docProps/app.xml":
            '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/'
            'extended-properties"><Application>Microsoft Excel</Application></Properties>',
        "xl/_rels/workbook.xml.rels":
            f'<Relationships xmlns="{PACKAGE[1:-1]}"><Relationship Id="r1" '
            f'Type="{document}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/workbook.xml":
            f'<workbook xmlns="{MAIN[1:-1]}" xmlns:r="{document}"><sheets>'
            '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml":
            f'<worksheet xmlns="{MAIN[1:-1]}"><sheetData>{rows}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in parts.items():
            package.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>\n' + text)


def plant(path, to, kind, avoid):
    """Copies a workbook with one stored result of this kind made stale; returns its place."""
    known, planted = formulas(path), None
    with zipfile.ZipFile(path) as package, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as copy:
        parts = {part: name for name, part in sheets(package)}
        for name in package.namelist():
            content = package.read(name)
            if planted is None and name in parts:
                tree = ElementTree.fromstring(content)
                for cell in tree.iter(f"{MAIN}c"):
                    place = (parts[name], cell.get("r"))
                    formula, result = known.get(place, ("", None))
                    value = cell.find(f"{MAIN}v")
                    # A shared string is used by other cells, too.
                    if (result is None or result.kind != kind or value is None
                            or cell.get("t") == "s" or place in avoid
                            or VOLATILE.search(formula)):
                        continue
                    value.text = (value.text or "") + "1"
                    planted = place
                    content = ElementTree.tostring(tree, encoding="utf-8", xml_declaration=True)
                    break
            copy.writestr(name, content)
    return planted


def self_test(paths, folder, seconds):
    """Makes a number and a text stale in copies: each must be told, and nothing else anew."""
    own = folder / "own.xlsx"
    small_workbook(own, {
        "A1": ("1+1", "n", "2"),
        "A2": ('IF(A1=2,"✓","✗")', "s", "✓"),
        "A3": ("A1=2", "b", "1"),
        "A4": ("A1/0", "e", "#DIV/0!"),
        "A5": ('REPT("x",0)', "s", ""),
        "A6": ("1/3", "n", "0.333333333333333"),
    })
    paths = [own, *paths]
    stored = [formulas(path) for path in paths]
    good, jobs = True, []
    for path, before, again in zip(paths, stored, recalculate(paths, folder / "1", seconds)):
        standing = compare(path.name, before, again)[0]
        # Every result of our own workbook is right.
        good &= path is not own or not standing
        print(f"{path.name}: {len(standing)} differ as it is")
        places = {difference.place for difference in standing}
        avoid = {at for at in before if f"{path.name} › {at[0]}!{at[1]}" in places}
        for kind in ("n", "s"):
            to = folder / f"{len(jobs)}.xlsx"
            at = plant(path, to, kind, avoid)
            if at is not None:
                jobs.append((path.name, to, f"{path.name} › {at[0]}!{at[1]}", places))
    copies = [to for _, to, _, _ in jobs]
    for (label, to, place, places), again in zip(jobs, recalculate(copies, folder / "2", seconds)):
        told = {d.place: d for d in compare(label, formulas(to), again)[0]}
        # A stale result changes no other cell: LibreOffice calculates them all.
        is_red = set(told) - places == {place}
        good &= is_red
        print(f"red, as it must be: {told[place]}" if is_red else f"NOT TOLD: stale at {place}")
    print("self-test passed" if good else "self-test FAILED")
    return 0 if good else 1


def workbooks(argument):
    """The workbook that is named, or those in the folder that is named."""
    path = Path(argument)
    if path.is_dir():
        found = sorted(p for p in path.rglob("*.xlsx") if not p.name.startswith("~$"))
        return [(p, str(p.relative_to(path))) for p in found]
    if not path.is_file():
        raise CannotRun(f"there is no file or folder `{argument}`")
    return [(path, path.name)]


def main():
    parser = argparse.ArgumentParser(
        description="Compares stored results of formulas with what LibreOffice calculates.")
    parser.add_argument("workbook", nargs="*", help="an xlsx, or a folder with such")
    parser.add_argument("--self-test", action="store_true",
                        help="make a result stale in a copy and see that it is told")
    parser.add_argument("--seconds", type=int, default=600,
                        help="the time that LibreOffice has for a hundred workbooks (600)")
    arguments = parser.parse_args()
    if not arguments.workbook and not arguments.self_test:
        parser.error("name a workbook or a folder")
    groups = [(argument, workbooks(argument)) for argument in arguments.workbook]
    chosen = [workbook for _, found in groups for workbook in found]
    paths = [path for path, _ in chosen]

    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        if arguments.self_test:
            return self_test(paths, folder, arguments.seconds)
        # Read first, so that a file that is no workbook is told as such.
        stored = [formulas(path) for path in paths]
        again = recalculate(paths, folder, arguments.seconds)
    outcomes = {
        path: compare(label, before, after)
        for (path, label), before, after in zip(chosen, stored, again)
    }
    differences, total, is_empty = 0, 0, False
    for argument, found in groups:
        compared = 0
        for path, label in found:
            told, count, volatile = outcomes[path]
            for difference in told:
                print(difference)
            differences += len(told)
            compared += count
            left_out = f", {volatile} volatile left out" if volatile else ""
            print(f"{label}: {count} formulas compared, {len(told)} differ{left_out}")
        if compared == 0:
            print(f"{argument}: not one formula to compare")
            is_empty = True
        total += compared
    print(f"{total} formulas in {len(chosen)} workbooks compared, {differences} differ")
    return 1 if differences or is_empty else 0


if __name__ == "__main__":
    # Cells hold Chinese whatever the locale says.
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stderr.reconfigure(encoding="utf-8")
    try:
        sys.exit(main())
    except CannotRun as reason:
        print(f"cannot run: {reason}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(2)
