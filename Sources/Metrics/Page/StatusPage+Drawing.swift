extension StatusPage {
    /// Words, numbers, table rows and the two drawings.
    static let drawing = #"""
        const byId = (id) => document.getElementById(id);
        const known = (value) => value !== null && value !== undefined;
        const count = (value) => known(value) ? value.toLocaleString("en-US") : "–";

        function time(ms) {
          if (!known(ms)) return "–";
          if (ms < 10) return (ms === 0 ? "0" : ms.toFixed(1)) + " ms";
          if (ms < 1000) return Math.round(ms) + " ms";
          const s = ms / 1000;
          if (s < 60) return s.toFixed(1) + " s";
          if (s < 3600) return Math.floor(s / 60) + " min" + (s % 60 >= 1 ? ` ${Math.floor(s % 60)} s` : "");
          if (s < 86400) return Math.floor(s / 3600) + " h " + Math.floor(s % 3600 / 60) + " min";
          return Math.floor(s / 86400) + " d " + Math.floor(s % 86400 / 3600) + " h";
        }

        function put(id, text, mood) {
          const element = byId(id);
          if (element.textContent !== text) element.textContent = text;
          if (mood !== undefined) element.className = element.className.replace(/ ?\b(good|warn|bad)\b/g, "") + (mood && " " + mood);
        }

        /* A table body from arrays of cells; a cell is a text or [text, class]. The names are the heading's. */
        function rows(id, lines) {
          const body = byId(id);
          const heads = body.parentElement.tHead ? [...body.parentElement.tHead.rows[0].cells] : [];
          while (body.rows.length > lines.length) body.deleteRow(-1);
          lines.forEach((cells, at) => {
            const row = body.rows[at] || body.insertRow();
            cells.forEach((cell, column) => {
              const [text, mood] = Array.isArray(cell) ? cell : [cell, ""];
              const place = row.cells[column] || row.insertCell();
              if (place.textContent !== text) place.textContent = text;
              place.className = [heads[column] ? heads[column].className : "", mood].join(" ").trim();
              if (heads[column]) place.dataset.name = heads[column].textContent;
            });
          });
        }

        function shape(parent, kind, attributes, text) {
          const element = document.createElementNS("http://www.w3.org/2000/svg", kind);
          for (const name in attributes) element.setAttribute(name, attributes[name]);
          if (text !== undefined) element.textContent = text;
          parent.append(element);
        }

        function canvas(id) {
          const svg = byId(id);
          const box = {svg, width: svg.clientWidth || 600, height: svg.clientHeight || 130};
          svg.setAttribute("viewBox", `0 0 ${box.width} ${box.height}`);
          svg.replaceChildren();
          return box;
        }

        function drawHistory(history, bound) {
          const {svg, width, height} = canvas("history");
          const values = history.queue_depth, left = 28, bottom = 16, top = 6;
          if (values.length < 2) return shape(svg, "text", {x: left, y: height / 2}, "not enough samples yet");
          const high = Math.max(bound * 1.1, ...values);
          const x = (at) => left + at / (values.length - 1) * (width - left);
          const y = (value) => top + (1 - value / high) * (height - top - bottom);
          for (let at = 0; at < values.length; at += 1) {
            const from = at;
            while (history.paused[at] > 0 && at < values.length) at += 1;
            if (at > from) shape(svg, "rect", {class: "band", x: x(Math.max(0, from - 1)), y: top,
              width: x(at - 1) - x(Math.max(0, from - 1)), height: height - top - bottom});
          }
          for (const value of [0, bound / 2, bound]) {
            shape(svg, "line", {class: value === bound ? "bound" : "grid", x1: left, x2: width, y1: y(value), y2: y(value)});
            shape(svg, "text", {x: left - 5, y: y(value) + 4, "text-anchor": "end"}, String(Math.round(value)));
          }
          const points = values.map((value, at) => x(at).toFixed(1) + "," + y(value).toFixed(1)).join(" ");
          shape(svg, "polygon", {class: "under", points: `${x(0)},${y(0)} ${points} ${width},${y(0)}`});
          shape(svg, "polyline", {class: "depth", points});
          shape(svg, "text", {x: left, y: height - 2}, time((values.length - 1) * history.interval_ms) + " ago");
          shape(svg, "text", {x: width, y: height - 2, "text-anchor": "end"}, "now");
        }

        function drawLatency(latency) {
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
        """#
}
