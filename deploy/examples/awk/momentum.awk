# One request in, one answer out: is the last close above the one `period` bars before it, and how often did being long
# after such a bar pay? Reads the few members it needs by their paths; the node has checked that the line is JSON.

# The text of the member at a path like "data.inline.close", up to the end of its value; "" where there is none. A member
# of the same name elsewhere (in labels, say) is another one.
function member(text, path,    depth, token, name, at, level) {
    while (match(text, /"([^"\\]|\\.)*"|[{}]|\[|\]/)) {
        token = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        if (token == "{" || token == "[") { name[++depth] = ""; continue }
        if (token == "}" || token == "]") { depth--; continue }
        if (text !~ /^[ \t]*:/) continue
        name[depth] = substr(token, 2, length(token) - 2)
        at = name[1]
        for (level = 2; level <= depth; level++) at = at "." name[level]
        if (at == path) return value(text)
    }
    return ""
}

function value(text) {
    sub(/^[ \t]*:[ \t]*/, "", text)
    if (text ~ /^\[/) return substr(text, 2, index(text, "]") - 2)
    if (text ~ /^"/) { match(text, /^"([^"\\]|\\.)*"/); return substr(text, 1, RLENGTH) }
    match(text, /^[^,}\]]*/)
    return substr(text, 1, RLENGTH)
}

function refuse(code, message) {
    printf "{\"request_id\":%s,\"status\":\"rejected\",\"error\":{\"code\":\"%s\",\"message\":\"%s\",\"retryable\":false}}\n", id, code, message
    exit
}

{
    id = member($0, "request_id")
    if (id !~ /^"/) id = "null"
    period = member($0, "strategy.parameters.period")
    if (period == "") period = 10
    period += 0
    count = split(member($0, "data.inline.close"), close_at, ",")
    if (count < period + 2) refuse("insufficient_data", "data.inline has " count " closes, and " (period + 2) " are needed")

    for (bar = period + 1; bar < count; bar++) {
        if (close_at[bar] + 0 <= close_at[bar - period] + 0) continue
        signals++
        change = close_at[bar + 1] / close_at[bar] - 1
        total += change
        if (change > 0) wins++
    }
    momentum = (close_at[count] / close_at[count - period] - 1) * 100
    printf "{\"request_id\":%s,\"status\":\"completed\",\"data\":{\"bars\":%d},", id, count
    printf "\"statistics\":{\"momentum_pct\":%.10g,\"signals\":%d,", momentum, signals
    if (signals) printf "\"mean_next_return_pct\":%.10g,\"win_rate_pct\":%.10g}}\n", total / signals * 100, wins / signals * 100
    else printf "\"mean_next_return_pct\":null,\"win_rate_pct\":null}}\n"
    exit
}
