from typing import Any

from ..types import StructType

def to_arrow_schema(schema: StructType, *, timezone: str = ...) -> Any: ...
