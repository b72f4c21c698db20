# One request in, one answer out: is the last close above the one `period` bars before it, and how often did being long
# after such a bar pay? Reads the few members it needs by their names; the node has checked that the line is JSON.

# The text of the first member called `name`, up to the end of its value; "" where there is none.
function member(text, name,    at) {
    at = index(text, "\"" name "\"")
    if (!at) return ""
    text = substr(text, at + length(name) + 2)
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
    period = member($0, "period")
    if (period == "") period = 10
    period += 0
    count = split(member($0, "close"), close_at, ",")
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
