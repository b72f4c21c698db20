extension StatusPage {
    /// What goes where.
    static let script = #"""
        const moods = {running: "good", draining: "warn", starting: "warn", joining: "warn", fenced: "bad", stopped: "bad"};

        function showHead(s) {
          document.title = s.node.id + " · optimizer";
          put("node", s.node.id);
          put("state", s.state, moods[s.state] || "warn");
          put("ready", s.ready ? "ready" : "not ready" + (s.reason ? ": " + s.reason : ""), s.ready ? "good" : "bad");
          put("stale", s.stale.length ? "Not of now: " + s.stale.join("; ") + "." : "");
          byId("stale").hidden = s.stale.length === 0;
          put("about", `optimizer ${s.node.version} · librdkafka ${s.node.librdkafka} · group ${s.node.group}` +
            ` · process ${s.node.pid} · up ${time(s.node.uptime_seconds * 1000)}`);
          const end = s.node.last_end;
          put("lastEnd", !end ? "" : `The last run ${end.reason === "crashed" ? "ended without a word" : "ended: " + end.reason}` +
            (known(end.exit_code) ? ` (exit code ${end.exit_code})` : "") +
            (known(end.time) ? ", " + new Date(end.time).toLocaleString() : "") + (end.detail ? `: ${end.detail}` : ""),
            end && end.reason !== "stopped" ? "bad" : "");
        }

        function showTiles(s) {
          const q = s.queue, l = s.latency, busy = s.slots.filter((slot) => slot.state === "running").length;
          put("depth", `${count(q.depth)} / ${count(q.bound)}`, q.depth >= q.bound ? "bad" : q.holding ? "warn" : "");
          const waiting = Object.entries(q.waiting).filter(([, n]) => n > 0).map(([why, n]) => `${n} wait for ${why}`);
          put("depthNote", [q.holding ? `holding for ${time(q.holding_ms)}, until ${q.resume_at}` : "taking requests",
            ...waiting].join(" · "));
          put("running", `${busy} / ${s.slots.length}`);
          put("runningNote", [`${count(q.in_flight)} in flight, oldest ${time(q.oldest_ms)}`,
            ...(q.delayed > 0 ? [`${count(q.delayed)} to be tried again`] : [])].join(" · "));
          const h = s.history, recent = h.finished.slice(-10), seconds = recent.length * h.interval_ms / 1000;
          const rate = seconds > 0 ? recent.reduce((sum, n) => sum + n, 0) / seconds : null;
          put("finished", rate === null ? "–" : (rate < 10 ? rate.toFixed(1) : count(Math.round(rate))) + "/s");
          const all = Object.values(s.totals.requests).reduce((sum, n) => sum + n, 0);
          const oldest = q.oldest_unacknowledged_ms;
          put("finishedNote", [count(all) + " since the start",
            ...(q.unacknowledged > 0 ? [`${count(q.unacknowledged)} not acknowledged` +
              (known(oldest) ? `, oldest ${time(oldest)}` : "")] : [])].join(" · "),
            oldest >= 30000 ? "bad" : oldest >= 5000 ? "warn" : "");
          put("p95", time(l.p95_ms), known(l.p95_ms) && l.p95_ms > l.target_ms ? "bad" : "");
          put("p95Note", `target ${time(l.target_ms)} · P50 ${time(l.p50_ms)} · P99 ${time(l.p99_ms)}`);
          const paused = s.partitions.filter((partition) => partition.paused).length;
          const lags = s.partitions.map((partition) => partition.lag).filter(known);
          put("lag", lags.length ? count(lags.reduce((sum, n) => sum + n, 0)) : "–");
          put("lagNote", `${s.partitions.length} partitions, ${paused} paused` +
            (s.unread_partitions > 0 ? ` · ${count(s.unread_partitions)} that nobody reads` : ""),
            s.unread_partitions > 0 ? "bad" : paused ? "warn" : "");
        }

        function showSlots(s) {
          rows("slots", s.slots.map((slot) => [String(slot.slot),
            [slot.state, {running: "good", starting: "warn", stopped: "bad"}[slot.state] || ""],
            slot.strategy || "", slot.request_id || "",
            known(slot.running_ms)
              ? [`${time(slot.running_ms)} of ${time(slot.timeout_ms)}`, slot.running_ms > slot.timeout_ms / 2 ? "warn" : ""] : "",
            known(slot.cpu_percent) ? Math.round(slot.cpu_percent) + " %" : "",
            known(slot.memory_mb) ? slot.memory_mb.toFixed(1) + " MB" : ""]));
        }

        function showPolicies(s) {
          const {throttled, suspended, not_starting: failing = []} = s.policies;
          rows("policies", [
            ...failing.map((one) => [one.strategy,
              [`no host starts (${one.failures}×: ${one.reason}), tried again `
                + (one.retry_ms > 0 ? `in ${time(one.retry_ms)}` : "now"), "bad"]]),
            ...suspended.map((one) => [one.strategy,
              [one.retry_ms > 0 ? `suspended, tried again in ${time(one.retry_ms)}` : "suspended, a probe is due", "bad"]]),
            ...throttled.map((one) => [one.strategy, [`${one.slots} of ${one.of} slots`, "warn"]]),
            ...s.disabled_strategies.map((name) => [name, ["switched off here (disabledStrategies)", "warn"]])]);
          byId("noPolicies").hidden = byId("policies").rows.length > 0;
        }

        function showPartitions(s) {
          const topics = new Set(s.partitions.map((p) => p.topic)).size;
          rows("partitions", s.partitions.map((p) => [(topics > 1 ? p.topic + " " : "") + p.partition, count(p.lag),
            known(p.lag_seconds) ? time(p.lag_seconds * 1000) : "–", count(p.in_flight),
            p.paused ? ["paused", "warn"] : ["taking", "good"], blocker(p.blocked_by)]));
          byId("noPartitions").hidden = s.partitions.length > 0;
        }

        function showBrokers(s) {
          const now = Date.parse(s.time);
          rows("brokers", s.brokers.map((b) => [b.broker,
            [b.state, {up: "good", down: "bad"}[b.state] || ""], time(now - Date.parse(b.since)),
            known(b.round_trip_ms) ? time(b.round_trip_ms) : "",
            known(b.error) ? [`${b.error} (${time(now - Date.parse(b.error_time))} ago)`, b.state === "down" ? "bad" : ""] : ""]));
          byId("noBrokers").hidden = s.brokers.length > 0;
        }

        function showLatency(s) {
          rows("strategies", s.latency.strategies.map((one) => [one.name, count(one.count), time(one.p50_ms),
            [time(one.p95_ms), known(one.p95_ms) && one.p95_ms > s.latency.target_ms ? "bad" : ""], time(one.p99_ms)]));
          put("latencyNote", `last ${time(s.latency.window_seconds * 1000)}, ${count(s.latency.count)} steps, ms`);
        }

        function showErrors(s) {
          const when = (text) => new Date(text).toLocaleString(undefined, {dateStyle: "short", timeStyle: "medium"});
          rows("errors", s.errors.map((e) => [when(e.time), count(e.count),
            [e.kind, "bad"], e.message, e.strategy || "", e.request_id || ""]));
          byId("noErrors").hidden = s.errors.length > 0;
        }

        function blocker(b) {
          if (!b) return "";
          return [`offset ${b.offset}: ${b.strategy || "?"} ${b.state}${known(b.slot) ? " in slot " + b.slot : ""}` +
            ` for ${time(b.age_ms)}, request ${b.request_id}`, b.age_ms > 10000 ? "warn" : ""];
        }

        function showFacts(s) {
          const limits = s.limits, by = limits.enforcement;
          const limit = (name, text) => by[name] === "none" ? [text + "not enforced", "bad"]
            : text + (known(by[name]) ? "by " + by[name] : "not known how");
          rows("limits", [["processor", limit("cpu", `${limits.cpu_percent} % of one core, `)],
            ["memory", limit("memory", `${limits.memory_mb} MB, `)],
            ["deadline", limit("time", `${time(limits.timeout_ms)}, `)],
            ["processes", limit("processes", "bounded ")], ["output", limit("output", "bounded ")],
            ["P95 objective", `${time(limits.execution_time_ms)}, watched`]]);
          const totals = Object.entries(s.totals).filter(([name]) => name !== "requests");
          rows("totals", [...Object.entries(s.totals.requests), ...totals]
            .map(([name, value]) => [name.replaceAll("_", " "), count(value)]));
        }

        function drawHistory(s) {
          const bound = s.queue.bound;
          drawCurve("history", s.history.queue_depth, s.history.interval_ms,
            {ticks: [0, Math.round(bound / 2), bound], bound, band: s.history.paused});
        }

        function drawLatency(s) {
          const latency = s.latency;
          const {svg, width, height} = canvas("latency");
          const shown = latency.buckets;
          const most = Math.max(1, ...shown.map((bucket) => bucket.count));
          const step = width / shown.length, bottom = 18, top = 16, floor = height - bottom;
          shown.forEach((bucket, at) => {
            const tall = bucket.count === 0 ? 0 : Math.max(1.5, bucket.count / most * (floor - top));
            const over = bucket.le_ms === null || bucket.le_ms > latency.target_ms;
            shape(svg, "rect", {class: over ? "bar over" : "bar", x: at * step + 1, width: Math.max(1, step - 2),
              y: floor - tall, height: tall});
            const label = bucket.le_ms === null ? "∞" : bucket.le_ms >= 1000 ? bucket.le_ms / 1000 + " s" : String(bucket.le_ms);
            const every = Math.ceil(34 / step);
            if (at % every === every - 1 || step > 34) {
              shape(svg, "text", {x: (at + .5) * step, y: height - 4, "text-anchor": "middle"}, label);
            }
          });
          shape(svg, "line", {class: "grid", x1: 0, x2: width, y1: floor, y2: floor});
          const border = shown.findIndex((bucket) => bucket.le_ms === null || bucket.le_ms > latency.target_ms) * step;
          shape(svg, "line", {class: "bound", x1: border, x2: border, y1: 4, y2: floor});
          shape(svg, "text", {x: border + 4, y: 12}, "target " + time(latency.target_ms));
        }

        follow("this node", [showHead, showTiles, showSlots, showPolicies, showPartitions, showBrokers, showLatency,
          showErrors, showFacts, drawHistory, drawLatency]);
        """#
}
