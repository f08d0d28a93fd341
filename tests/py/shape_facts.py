"""The shapes of the replies that we read, from botocore's service models.

Run by hand it prints the file: python3 tests/py/shape_facts.py >
tests/data/shapes.tsv. Rows: `op OPERATION SHAPE`, `struct SHAPE MEMBER SHAPE`,
`list SHAPE MEMBERSHAPE`, `map SHAPE VALUESHAPE`, `enum SHAPE WORD`, and
`string`, `integer`, `long`, `double`, `boolean`, `timestamp SHAPE`."""
import botocore.session

OPERATIONS = {
    "ecs": ["ListClusters", "DescribeClusters", "ListServices",
            "DescribeServices", "ListTasks", "DescribeTasks",
            "DescribeTaskDefinition", "ListTaskDefinitions", "UpdateService",
            "StopTask"],
    "logs": ["FilterLogEvents", "GetLogEvents", "DescribeLogStreams"],
}


def walk(shape, seen):
    if shape.name in seen:
        return
    seen.add(shape.name)
    kind = shape.type_name
    if kind == "structure":
        for name, member in shape.members.items():
            yield "struct", shape.name, name, member.name
            yield from walk(member, seen)
    elif kind == "list":
        yield "list", shape.name, shape.member.name
        yield from walk(shape.member, seen)
    elif kind == "map":
        yield "map", shape.name, shape.value.name
        yield from walk(shape.value, seen)
    elif kind == "string" and shape.enum:
        for word in shape.enum:
            yield "enum", shape.name, word
    else:
        yield kind, shape.name


def rows():
    session = botocore.session.Session()
    for service, operations in OPERATIONS.items():
        model = session.get_service_model(service)
        seen = set()
        for op in operations:
            shape = model.operation_model(op).output_shape
            yield "op", op, f"{service}.{shape.name}"
            for row in walk(shape, seen):
                yield (row[0], *(f"{service}.{x}" if i in ({
                    "struct": (0, 2), "list": (0, 1), "map": (0, 1)}.get(
                        row[0], (0,))) else x
                    for i, x in enumerate(row[1:])))


if __name__ == "__main__":
    for row in rows():
        print("\t".join(row))
