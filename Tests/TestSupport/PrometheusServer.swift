import Glibc

/// A Prometheus on a free port of 127.0.0.1 that scrapes nodes and looks at the rules many times a minute.
package final class PrometheusServer {
    package static let path = CommandLineTool.find("prometheus")

    private let folder: TemporaryFolder
    private let child: pid_t
    private let port: UInt16

    /// - Parameter interval: of scrapes and of the rules; an answer that takes longer is a failed scrape.
    package convenience init(scraping node: UInt16, rules: [String] = [], every interval: String = "100ms") throws {
        try self.init(scraping: [node], rules: rules, every: interval)
    }

    package init(scraping nodes: [UInt16], rules: [String] = [], every interval: String = "100ms") throws {
        try MachineTurn.require()
        guard let path = Self.path else { throw Failure("no prometheus") }
        folder = try TemporaryFolder()
        let targets = nodes.map { "\"127.0.0.1:\($0)\"" }
        let configuration = """
            global: { scrape_interval: \(interval), scrape_timeout: \(interval), evaluation_interval: \(interval) }
            rule_files: [\(rules.joined(separator: ", "))]
            scrape_configs:
              - job_name: workers
                static_configs: [{ targets: [\(targets.joined(separator: ", "))] }]

            """
        try folder.write(Array(configuration.utf8), to: "prometheus.yml")
        port = try FreePort.find()
        child = try CommandLineTool.spawn(
            path,
            [
                "--config.file=\(folder.file("prometheus.yml"))", "--storage.tsdb.path=\(folder.file("data"))",
                "--web.listen-address=127.0.0.1:\(port)", "--log.level=warn",
            ],
            input: "/dev/null", output: folder.file("log"))
    }

    /// The body of an answer of its API.
    package func get(_ path: String) throws -> String {
        try HTTPClient.get(path, port: port).text
    }

    package func query(_ expression: String) throws -> String {
        let unreserved = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_".utf8)
        let digits = Array("0123456789ABCDEF")
        let encoded = expression.utf8.map { byte in
            unreserved.contains(byte)
                ? String(UnicodeScalar(byte)) : "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }
        return try get("/api/v1/query?query=\(encoded.joined())")
    }

    /// The alerts of this name that fire, as the API tells them.
    package func firing(_ alert: String) throws -> String {
        try query("ALERTS{alertname=\"\(alert)\",alertstate=\"firing\"}")
    }

    /// Asks until the answer contains a text.
    package func wait(for expression: String, until text: String) throws -> String {
        var last = ""
        try eventually("\(expression) becomes \(text)") {
            if let answer = try? query(expression) { last = answer }
            return last.contains(text)
        } explaining: {
            "it is \(last)\n\(folder.text("log"))"
        }
        return last
    }

    /// Ends it, and returns when it is gone.
    package func stop() {
        kill(child, SIGKILL)
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
    }
}
