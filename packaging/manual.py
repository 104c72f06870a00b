"""Manual pages, made of what the programs say of themselves and of docs/: never stale."""

import dataclasses
import re
import subprocess


@dataclasses.dataclass
class Page:
    name: str
    section: int
    text: str


WIDE = "\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef"
ESCAPES = {"\\": "\\e", "-": "\\-", "~": "\\(ti", "^": "\\(ha", "`": "\\(ga", "'": "\\(aq"}

INSTALLED_AS = [("`docs/", "`/usr/share/doc/yizhan/"), ("`api/", "`/usr/share/doc/yizhan/"),
                ("`tools/verify_export.py", "`yizhan-verify-export")]


def escaped(text):
    """As roff wants it: nothing is taken for a request, and a line may end between two 漢字."""
    text = "".join(ESCAPES.get(letter, letter) for letter in text)
    text = re.sub(f"(?<=[{WIDE}])(?=[{WIDE}])(?![，。、；：）」])(?<![（「])", r"\\:", text)
    return "\\&" + text if text[:1] == "." else text


def inline(text):
    """Code and bold of Markdown in bold; the name of a link."""
    text = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text)
    parts = re.split(r"`([^`]+)`|\*\*([^*]+)\*\*", text)
    said = ""
    for plain, code, bold in zip(parts[::3], parts[1::3] + [None], parts[2::3] + [None]):
        said += escaped(plain)
        if code or bold:
            said += "\\fB" + escaped(code or bold) + "\\fP"
    return "\\&" + said if said[:1] in ".'" else said


def verbatim(lines):
    kept = "\n".join("\\&" + escaped(line) if line[:1] in ".'" else escaped(line).replace("\\:", "")
                     for line in lines)
    return f".PP\n.nf\n{kept}\n.fi\n"


def head(name, section, version, sentence):
    return (f'.TH {escaped(name.upper())} {section} "" "yizhan {version}" "Yizhan"\n'
            f".nh\n.ad l\n.SH NAME\n{escaped(name)} \\- {escaped(sentence)}\n")


def table_rows(lines):
    """The rows of a Markdown table, below its head."""
    for line in lines[2:]:
        yield [cell.strip().replace("\\|", "|")
               for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]


def block(lines):
    """One block of Markdown: heading, table, list, listing or paragraph."""
    first = lines[0]
    if heading := re.match(r"(#+) (.*)", first):
        return f".{'SS' if len(heading[1]) > 2 else 'SH'} {escaped(heading[2])}\n"
    if first.startswith("|"):
        rows = [(row[0], "; ".join(filter(None, row[1:]))) for row in table_rows(lines)]
        return "".join(f".TP\n{inline(key)}\n{inline(said) or '.br'}\n" for key, said in rows)
    if first.startswith("    "):
        return verbatim([line[4:] for line in lines])
    if first.startswith("* "):
        items = re.split(r"^\* ", "\n".join(lines), flags=re.M)[1:]
        return "".join(f".IP \\(bu 2\n{inline(' '.join(item.split()))}\n" for item in items)
    return f".PP\n{inline(' '.join(lines))}\n"


def from_markdown(text):
    # A fence is a listing; so that the blank lines in it part nothing, it is indented first.
    text = re.sub(r"^```\w*\n(.*?)^```$",
                  lambda fence: "\n".join("    " + line for line in fence[1].splitlines()),
                  text, flags=re.M | re.S)
    blocks = [lines.splitlines() for lines in re.split(r"\n\s*\n", text.strip("\n")) if lines]
    return "".join(block(lines) for lines in blocks)


def asked(program, option):
    return subprocess.run([program, option], check=True, capture_output=True, text=True,
                          timeout=60).stdout


def command_page(name, docs, version):
    """yizhan(1): docs/cli.md without its title."""
    text = (docs / "cli.md").read_text(encoding="utf-8").partition("\n")[2]
    for here, there in INSTALLED_AS:
        text = text.replace(here, there)
    sentence = "sends, receives and verifies official documents"
    return Page(name, 1, head(name, 1, version, sentence) + ".SH DESCRIPTION\n" +
                from_markdown(text))


def help_page(program, section, version, more=""):
    name = program.name
    said = asked(program, "--help")
    sentence = said.strip().partition("\n")[0].rstrip("。")
    return Page(name, section, head(name, section, version, sentence) + ".SH DESCRIPTION\n" +
                verbatim(said.strip().splitlines()) + more)


def keys_page(name, table, version):
    """name.toml(5): each key of the configuration, as --manual prints it."""
    said = head(f"{name}.toml", 5, version, f"{name} 之設定檔") + ".SH DESCRIPTION\n"
    file = f"/etc/yizhan/{name.removeprefix('yizhan-')}.toml"
    said += f".PP\n{inline(f'`{file}`')} (TOML)\n.SH KEYS\n"
    for key, kind, standard, bounds, sentence in table_rows(table.strip().splitlines()):
        facts = "；".join(filter(None, [kind, standard if standard in ("必填", "無")
                                        else f"預設 {standard}", bounds]))
        said += f".TP\n{inline(key)}\n{inline(sentence)}\n.br\n({inline(facts)})\n"
    return Page(f"{name}.toml", 5, said + f".SH SEE ALSO\n{escaped(name)}(8)\n")


def pages_of(program, docs, version):
    """All pages of a built program."""
    if program.name == "yizhan":
        # Its page tells of the second verifier too.
        return [command_page(program.name, docs, version),
                Page("yizhan-verify-export", 1, ".so man1/yizhan.1\n")]
    if program.name == "yizhan-load":
        return [help_page(program, 1, version)]
    name = escaped(program.name)
    more = (f".SH SEE ALSO\n{name}.toml(5), yizhan(1),\n"
            ".I /usr/share/doc/yizhan/installing.md\n")
    return [help_page(program, 8, version, more),
            keys_page(program.name, asked(program, "--manual"), version)]
