#!/usr/bin/env python3
"""Holds the answers that the terminal's routes gave in their tests against api/openapi.yaml:
openapi_answers.py OPENAPI.yaml FOLDER. Each *.jsonl in the folder has one answer a line (written by
src/role/terminal/routes_test.h). An answer must have a described code, a described body and no
member that is not described; and every operation must have answered well at least once."""

import json
import pathlib
import re
import sys

import jsonschema
import yaml


def strict(schema, inside_all_of=False):
    """The same schema, which refuses members that it does not name. What stands in an allOf names
    only its share, so the schema around it refuses."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {}
    for key, value in schema.items():
        if key == "allOf":
            made[key] = [strict(item, inside_all_of=True) for item in value]
        elif key == "properties":
            made[key] = {name: strict(item) for name, item in value.items()}
        else:
            made[key] = strict(value) if key == "items" else value
    describes = {"$ref", "allOf", "properties"} & schema.keys()
    if describes and not inside_all_of and "additionalProperties" not in schema:
        made["unevaluatedProperties"] = False
    return made


class Api:
    def __init__(self, text):
        self.document = yaml.safe_load(text)
        # A component may be used inside an allOf: who uses it refuses.
        components = self.document["components"]
        self.components = {
            **components,
            "schemas": {
                name: strict(schema, inside_all_of=True)
                for name, schema in components["schemas"].items()
            },
        }
        self.operations = {}
        for path, item in self.document["paths"].items():
            pattern = re.compile(re.sub(r"\{[a-z]+\}", "[^/]+", path))
            for method in item.keys() & {"get", "put", "post", "delete"}:
                self.operations[method.upper(), path] = (pattern, item[method])

    def find(self, method, path):
        for (known, template), (pattern, operation) in self.operations.items():
            if known == method and pattern.fullmatch(path):
                return template, operation
        return None, None

    def resolve(self, item):
        while "$ref" in item:
            found = self.document
            for name in item["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            item = found
        return item

    def problems_of(self, operation, answer):
        described = operation["responses"].get(str(answer["status"]))
        if described is None:
            return ["code is not described"]
        content = self.resolve(described).get("content", {})
        if not content:
            return []
        body = content.get(answer["content_type"])
        if body is None:
            return [f"content type {answer['content_type']!r} is not described"]
        if "json" not in answer["content_type"]:
            return []
        schema = {**strict(body["schema"]), "components": self.components}
        validator = jsonschema.Draft202012Validator(schema)
        return [
            f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
            for error in validator.iter_errors(json.loads(answer["body"]))
        ]


def main(openapi, folder):
    api = Api(pathlib.Path(openapi).read_text())
    found, answered, count = set(), set(), 0
    for file in sorted(pathlib.Path(folder).glob("*.jsonl")):
        for line in file.read_text().splitlines():
            answer = json.loads(line)
            count += 1
            template, operation = api.find(answer["method"], answer["path"])
            if operation is None:
                continue  # a test asks for what is not there
            place = f"{answer['method']} {template} {answer['status']}"
            found.update(f"{place}: {what}" for what in api.problems_of(operation, answer))
            if answer["status"] < 300:
                answered.add((answer["method"], template))
    for method, path in sorted(api.operations.keys() - answered):
        found.add(f"{method} {path}: no test has had a good answer of it")
    for line in sorted(found):
        print(line)
    print(f"{count} answers, {len(answered)} of {len(api.operations)} operations")
    return 1 if found or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
