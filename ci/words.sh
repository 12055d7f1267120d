#!/usr/bin/env bash
# Refuses words that a reader has to decode, and says what to write instead.
# A word counts only as a whole word, in either case. With --count, prints how
# many each file has. With --at-most N, accepts the N lines that are left to mend,
# and fails at N + 1 and, so that N only shrinks, at N - 1.
set -euo pipefail
cd "$(dirname "$0")/.."

# Extended regular expression | what to write instead.
words() {
    cat <<'END'
anew|again
told|reported, passed, known (told apart: distinguished)
sound (pack|archive|component|module|manifest|guest)s?|valid …
ideas?|mutation
(came|comes?|became|becomes?) of|the result of, follows from, happens to
nobody's business|private, irrelevant
(stands?|stood) behind|proves, supports
whoever|the caller, the user, anyone who
likewise|also, in the same way
besides|also, in addition to
(talks? )?nonsense|a malformed message
(thrown|throws?|threw) away|evicted, deleted
dear(er|est|ly)?|costly, expensive
in earnest|really, for real
(has|have|had) to stand|must withstand
(held|holds?|holding) against|compared with
for good|permanently
in turns|alternately
in vain|without success
circles? of imports|import cycle
hence|so, therefore
shall|must
mischief|attack, misuse
betrays?|reveals
heeds?|obeys, uses
amiss|wrong
as it were|(leave it out)
but for|except for
deeds?|action
seldom|rarely
gives? nothing away|reveals nothing
END
}

# NB: this file names the words, so it is left out.
files=(-- '*.rs' '*.md' '*.sh' ':!ci/words.sh')
hits=$(mktemp)
trap 'rm -f "$hits"' EXIT
while IFS='|' read -r line; do
    instead=${line##*|}
    status=0
    git grep -nIiwE -e "${line%|*}" "${files[@]}" >"$hits.word" || status=$?
    # grep ends with 1 where it finds nothing, and with more where it fails.
    [ "$status" -le 1 ] || { echo "error: not a regular expression: ${line%|*}" >&2; exit 2; }
    sed "s\\^\\$instead <- \\" "$hits.word" >>"$hits"
done < <(words)
rm -f "$hits.word"

if [ "${1-}" = --count ]; then
    sed 's/^.* <- //' "$hits" | cut -d: -f1 | sort | uniq -c | sort -rn
    exit
fi
if [ "${1-}" = --at-most ] && [ "$(wc -l <"$hits")" -le "$2" ]; then
    if [ "$(wc -l <"$hits")" -lt "$2" ]; then
        echo "error: $(wc -l <"$hits") lines have retired words, fewer than $2: lower the number in ci/check.sh" >&2
        exit 1
    fi
    echo "$2 lines have retired words, no more than before"
    exit
fi
if [ -s "$hits" ]; then
    sed 's/^\(.*\) <- \([^:]*:[0-9]*:\) */\2 write "\1": /' "$hits" | sort
    echo "error: $(wc -l <"$hits") lines have retired words" >&2
    exit 1
fi
echo 'no retired words'
