#!/usr/bin/env python3
"""The other reader of a document: expat, which shares nothing with libxml2.

  second_parser.py FOLDER-OF-TYPES DOCUMENT…

Prints a line for each document: what it is as JSON, [name, {attributes}, [children]], with the
defaults of its type definition; or "bad" and why. White space between elements is left out.
"""

import codecs
import json
import pathlib
import re
import sys
import xml.parsers.expat

BIG5 = re.compile(rb'(<\?xml[^>]*encoding=)["\']big5["\']', re.IGNORECASE)


def as_utf8(content):
    """expat knows no encoding of two bytes a character: the standard library does."""
    if not BIG5.search(content[:200]):
        return content
    return BIG5.sub(rb'\1"UTF-8"', codecs.decode(content, "cp950").encode(), count=1)


def read(content, types):
    tree = ["", {}, []]
    open_elements = [tree]
    parser = xml.parsers.expat.ParserCreate()
    parser.buffer_text = True
    parser.SetParamEntityParsing(xml.parsers.expat.XML_PARAM_ENTITY_PARSING_ALWAYS)

    def begin(name, attributes):
        element = [name, attributes, []]
        open_elements[-1][2].append(element)
        open_elements.append(element)

    def text(data):
        children = open_elements[-1][2]
        if children and isinstance(children[-1], str):
            children[-1] += data
        else:
            children.append(data)

    def external(context, _, system, __):
        known = {path.name.lower(): path for path in types.iterdir()}
        definition = known.get((system or "").lower())
        if definition is None:
            return 0
        inner = parser.ExternalEntityParserCreate(context)
        inner.Parse(as_utf8(definition.read_bytes()), True)
        return 1

    parser.StartElementHandler = begin
    parser.EndElementHandler = lambda _: open_elements.pop()
    parser.CharacterDataHandler = text
    parser.ExternalEntityRefHandler = external
    parser.Parse(as_utf8(content), True)
    return without_gaps(tree[2][0])


def without_gaps(element):
    name, attributes, children = element
    if any(isinstance(child, list) for child in children):
        children = [child for child in children if isinstance(child, list) or child.strip(" \t\n")]
    return [name, attributes,
            [child if isinstance(child, str) else without_gaps(child) for child in children]]


def main():
    types = pathlib.Path(sys.argv[1])
    for document in sys.argv[2:]:
        try:
            print(json.dumps(read(pathlib.Path(document).read_bytes(), types), ensure_ascii=False))
        except (xml.parsers.expat.ExpatError, UnicodeDecodeError) as trouble:
            print(f"bad {trouble}")


if __name__ == "__main__":
    main()
