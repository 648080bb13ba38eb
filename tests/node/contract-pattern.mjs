// How a contract case's pattern is matched: objects partly, arrays element by element.

/** Where and how `actual` differs from `pattern`; undefined when it does not. */
export function mismatch(pattern, actual, place = '$') {
  const found = JSON.stringify(actual);
  if (Array.isArray(pattern)) {
    if (!Array.isArray(actual) || actual.length !== pattern.length) {
      return `${place}: expected ${pattern.length} elements, got ${found}`;
    }
    return first(
      pattern.map((inner, index) => mismatch(inner, actual[index], `${place}[${index}]`)),
    );
  }
  if (typeof pattern === 'object' && pattern !== null) {
    const operator = Object.keys(pattern).find((key) => key.startsWith('$'));
    if (operator) return operatorMismatch(operator, pattern[operator], actual, place);
    if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) {
      return `${place}: expected an object, got ${found}`;
    }
    return first(
      Object.entries(pattern).map(([key, inner]) =>
        memberMismatch(key, inner, actual, `${place}.${key}`),
      ),
    );
  }
  return Object.is(pattern, actual)
    ? undefined
    : `${place}: expected ${JSON.stringify(pattern)}, got ${found}`;
}

function first(found) {
  return found.find((words) => words !== undefined);
}

function memberMismatch(key, pattern, actual, place) {
  const isThere = Object.hasOwn(actual, key);
  if (pattern?.$absent) {
    return isThere ? `${place}: expected none, got ${JSON.stringify(actual[key])}` : undefined;
  }
  return isThere ? mismatch(pattern, actual[key], place) : `${place}: missing`;
}

function operatorMismatch(operator, operand, actual, place) {
  const hasParts = typeof actual === 'string' || Array.isArray(actual);
  const tests = {
    $any: () => true,
    $contains: () => hasParts && actual.includes(operand),
    $length: () => lengthOf(actual) === operand,
  };
  const holds = tests[operator];
  if (!holds) return `${place}: the pattern has the unknown operator ${operator}`;
  return holds()
    ? undefined
    : `${place}: expected ${operator} ${JSON.stringify(operand)}, got ${JSON.stringify(actual)}`;
}

function lengthOf(value) {
  if (typeof value === 'string') return [...value].length;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : undefined;
}
