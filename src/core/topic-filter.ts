// Topic filters: which are well formed, which topic names they match (MQTT 4.7). Pure.

/** Wildcards stand alone in their level, `#` only in the last [MQTT-4.7.1-2, MQTT-4.7.1-3]. */
export function isTopicFilter(filter: string): boolean {
  if (filter.length === 0) return false;
  const levels = filter.split('/');
  return levels.every((level, index) => {
    if (level === '+') return true;
    if (level === '#') return index === levels.length - 1;
    return !level.includes('+') && !level.includes('#');
  });
}

/** `$SYS` and everything below it is the broker's own. */
export function isReservedTopic(topic: string): boolean {
  return topic.startsWith('$SYS') && (topic.length === 4 || topic.charCodeAt(4) === 0x2f);
}

/** A filter that begins with a wildcard matches no topic that begins with `$` [MQTT-4.7.2-1]. */
export function isHiddenFrom(filter: string, topic: string): boolean {
  return topic.startsWith('$') && (filter.startsWith('#') || filter.startsWith('+'));
}

/** Both in their levels; `sport/#` matches `sport` as well (4.7.1.2). */
export function matchesLevels(filter: readonly string[], topic: readonly string[]): boolean {
  for (let index = 0; index < filter.length; index++) {
    const level = filter[index];
    if (level === '#') return true;
    if (index >= topic.length) return false;
    if (level !== '+' && level !== topic[index]) return false;
  }
  return filter.length === topic.length;
}

/** Says whether `filter`, a well-formed one, matches the topic name. */
export function matchesFilter(filter: string, topic: string): boolean {
  return !isHiddenFrom(filter, topic) && matchesLevels(filter.split('/'), topic.split('/'));
}
