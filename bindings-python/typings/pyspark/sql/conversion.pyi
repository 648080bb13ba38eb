from collections.abc import Sequence
from typing import Any

from .types import StructType

class LocalDataToArrowConversion:
    @staticmethod
    def convert(data: Sequence[Any], schema: StructType, use_large_var_types: bool) -> Any: ...
