extension Page {
    /// What the pages' scripts have in common: words, numbers, table rows, a curve, and asking again.
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

        /* A curve over the last minutes; null leaves a gap. Lines of the grid stand at `ticks`, the highest of them is the
           top unless a value is higher; `bound` is drawn as one, `band` says where the ground is marked. */
        function drawCurve(id, values, intervalMs, {ticks, bound, band = [], label = String}) {
          const {svg, width, height} = canvas(id), shown = values.filter(known);
          const left = 12 + 6 * Math.max(2, ...ticks.map((tick) => label(tick).length)), bottom = 16, top = 6;
          if (values.length < 2 || shown.length === 0) {
            return shape(svg, "text", {x: left, y: height / 2}, values.length < 2 ? "not enough samples yet" : "nothing in this time");
          }
          const high = Math.max((bound || 0) * 1.1, ...ticks, ...shown) || 1;
          const x = (at) => left + at / (values.length - 1) * (width - left);
          const y = (value) => top + (1 - value / high) * (height - top - bottom);
          for (let at = 0; at < values.length; at += 1) {
            const from = at;
            while (band[at] > 0 && at < values.length) at += 1;
            if (at > from) shape(svg, "rect", {class: "band", x: x(Math.max(0, from - 1)), y: top,
              width: x(at - 1) - x(Math.max(0, from - 1)), height: height - top - bottom});
          }
          for (const tick of ticks) {
            shape(svg, "line", {class: tick === bound ? "bound" : "grid", x1: left, x2: width, y1: y(tick), y2: y(tick)});
            shape(svg, "text", {x: left - 5, y: y(tick) + 4, "text-anchor": "end"}, label(tick));
          }
          for (let at = 0; at < values.length; at += 1) {
            const from = at;
            while (at < values.length && known(values[at])) at += 1;
            if (at === from) continue;
            const points = values.slice(from, at).map((value, k) => x(from + k).toFixed(1) + "," + y(value).toFixed(1)).join(" ");
            shape(svg, "polygon", {class: "under", points: `${x(from)},${y(0)} ${points} ${x(at - 1)},${y(0)}`});
            shape(svg, "polyline", {class: "depth", points: at - from > 1 ? points : `${points} ${points}`});
          }
          shape(svg, "text", {x: left, y: height - 2}, time((values.length - 1) * intervalMs) + " ago");
          shape(svg, "text", {x: width, y: height - 2, "text-anchor": "end"}, "now");
        }

        /* 0, a half and all of the least round number that is no lower than every value. */
        function roundTicks(values) {
          const most = Math.max(1, ...values.filter(known)), ten = 10 ** Math.floor(Math.log10(most));
          const top = [1, 2, 4, 5, 10].map((times) => times * ten).find((round) => round >= most);
          return [0, top / 2, top];
        }

        function say(problem) {
          byId("silence").hidden = problem === "";
          byId("main").classList.toggle("stale", problem !== "");
          put("silence", problem);
        }

        /* Asks for /status each second and shows it, part by part: one that fails does not keep the others from it. */
        function follow(who, parts) {
          let last = null, answered = 0;
          const show = (status) => {
            last = status;
            const broken = parts.filter((part) => { try { part(status); return false; } catch { return true; } });
            return broken.map((part) => part.name.replace(/^(show|draw)/, "").toLowerCase());
          };
          const ask = async () => {
            try {
              const answer = await fetch("/status", {cache: "no-store", signal: AbortSignal.timeout(5000)});
              if (!answer.ok) throw new Error("it answers " + answer.status);
              const broken = show(await answer.json());
              answered = Date.now();
              say("");
              if (broken.length) put("silence", `The status of ${who} lacks what these need: ${broken.join(", ")}.`);
              byId("silence").hidden = broken.length === 0;
            } catch (error) {
              const since = answered ? ` since ${new Date(answered).toLocaleTimeString()}` : "";
              say(`No status from ${who}${since} (${error.message}).` + (answered ? " What follows is old." : ""));
            }
            setTimeout(ask, document.hidden ? 5000 : 1000);
          };
          addEventListener("resize", () => {
            if (last) show(last);
          });
          ask();
        }
        """#
}
