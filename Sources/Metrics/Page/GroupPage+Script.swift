extension GroupPage {
    /// What goes where.
    static let script = #"""
        const moods = {flowing: "good", paused: "warn", draining: "warn", "not ready": "bad", stale: "bad"};
        const ways = {disabled: ["switched off (disabledStrategies)", "warn"], suspended: ["suspended by the circuit breaker", "bad"],
          not_starting: ["no host starts", "bad"], throttled: ["throttled: it has fewer than all slots", "warn"]};
        const most = 300;
        const rate = (value) => !known(value) ? "–" : value < 10 ? value.toFixed(1) : count(Math.round(value));
        const more = (id, all, what) => put(id, all > most ? `the first ${most} of ${count(all)}, ${what}` : "");

        function showHead(s) {
          document.title = s.groups.join(", ") + " · optimizer";
          put("group", s.groups.join(", ") || "optimizer");
          const stopped = s.nodes.filter((node) => node.state === "stopped").length, all = s.nodes.length - stopped;
          put("count", `${count(all)} node${all === 1 ? "" : "s"}`, all ? "good" : "warn");
          const bad = s.nodes.filter((node) => moods[node.state] === "bad").length;
          put("trouble", bad ? `${bad} stale or not ready` : "", "bad");
          put("about", `from ${s.topic} · nodes of version ${s.versions.join(", ") || "?"}` +
            (s.nodes_left_out ? ` · ${count(s.nodes_left_out)} events of further nodes left out` : ""));
          const odd = [...s.stale, ...(s.groups.length > 1 ? ["the topic has nodes of more than one group: what is added up is of all of them"] : [])];
          put("stale", odd.length ? odd.join("; ") + "." : "");
          byId("stale").hidden = odd.length === 0;
        }

        function showTiles(s) {
          const t = s.totals;
          put("depth", count(t.queue_depth));
          put("depthNote", `${count(t.paused_partitions)} of ${count(t.partitions)} partitions paused`, t.paused_partitions ? "warn" : "");
          put("running", `${count(t.running)} / ${count(t.slots)}`);
          put("runningNote", t.slots ? `${Math.round(t.running / t.slots * 100)} % of the slots` : "");
          put("finished", rate(t.per_second) + "/s");
          put("finishedNote", "in the nodes' last intervals");
          put("p95", time(t.p95_ms));
          put("p95Note", "the highest of the nodes'");
          put("lag", count(t.lag));
          put("lagNote", s.unread_partitions > 0 ? `${count(s.unread_partitions)} partition${s.unread_partitions === 1 ? "" : "s"} that nobody reads`
            : known(t.lag_seconds) ? `the oldest is ${time(t.lag_seconds * 1000)} old` : "", s.unread_partitions > 0 ? "bad" : "");
        }

        function drawCurves(s) {
          const h = s.history;
          drawCurve("throughput", h.per_second, h.interval_ms, {ticks: roundTicks(h.per_second), label: count});
          drawCurve("latency", h.p95_ms, h.interval_ms, {ticks: roundTicks(h.p95_ms), label: time});
          drawCurve("queue", h.queue_depth, h.interval_ms, {ticks: roundTicks(h.queue_depth), label: count});
        }

        function showNodes(s) {
          const trouble = (node) => moods[node.state] === "bad" ? 0 : 1;
          const nodes = [...s.nodes].sort((a, b) => trouble(a) - trouble(b));
          rows("nodes", nodes.slice(0, most).map((n) => [n.node, [n.state, moods[n.state] || ""],
            n.runs.map((one) => one.name + (one.slots > 1 ? " ×" + one.slots : "")).join(", "),
            `${n.running} / ${n.slots}`, count(n.queue_depth),
            n.partitions + (n.paused_partitions ? `, ${n.paused_partitions} paused` : ""), rate(n.per_second), time(n.p95_ms),
            count(n.lag), time(n.heard_ms) + " ago"]));
          more("moreNodes", nodes.length, "those in trouble first");
          byId("noNodes").hidden = nodes.length > 0;
        }

        const some = (nodes, all) => nodes.join(", ") + (all > nodes.length ? ` and ${count(all - nodes.length)} more` : "");

        function showKeptBack(s) {
          const heard = s.nodes.filter((node) => node.state !== "stale" && node.state !== "stopped").length;
          rows("keptBack", s.kept_back.slice(0, most).map((one) => [one.strategy, ways[one.how] || [one.how, "warn"],
            one.on > 1 && one.on === heard ? `on all ${count(heard)} nodes` : some(one.nodes, one.on)]));
          more("moreKeptBack", s.kept_back.length, "by name");
          byId("nothingKeptBack").hidden = s.kept_back.length > 0;
        }

        function showPartitions(s) {
          rows("partitions", s.partitions.slice(0, most).map((p) => [String(p.partition), p.node, count(p.lag),
            known(p.lag_seconds) ? time(p.lag_seconds * 1000) : "–", p.paused ? ["paused", "warn"] : ["taking", "good"],
            p.blocked ? `offset ${p.blocked.offset}: ${p.blocked.state}${known(p.blocked.slot) ? " in slot " + p.blocked.slot : ""}` : ""]));
          more("morePartitions", s.partitions.length, "those with most lag first");
          byId("noPartitions").hidden = s.partitions.length > 0;
        }

        function showBrokers(s) {
          rows("brokers", s.brokers.slice(0, most).map((b) => [b.broker,
            b.down ? [b.up ? `up for ${b.up} nodes, down for ${b.down}` : "down", "bad"] : b.up ? ["up", "good"] : ["unused", ""],
            known(b.round_trip_ms) ? time(b.round_trip_ms) : "",
            some(b.down_for, b.down)]));
          more("moreBrokers", s.brokers.length, "by name");
          byId("noBrokers").hidden = s.brokers.length > 0;
        }

        function showStrategies(s) {
          rows("strategies", s.strategies.slice(0, most).map((one) => [one.name, count(one.nodes), rate(one.per_second), time(one.p50_ms), time(one.p95_ms)]));
          more("moreStrategies", s.strategies.length, "by name");
        }

        follow("the group", [showHead, showTiles, drawCurves, showNodes, showKeptBack, showPartitions, showBrokers,
          showStrategies]);
        """#
}
