import Configuration
import Messages
import Scheduling
import System
import Worker

/// `optimizer health`: how the node on this machine is.
enum HealthCommand: Command {
    static let name = "health"
    static let summary = "exit 0 when the node on this machine is healthy and ready"
    static let help = """
        optimizer health [--live] [--url http://HOST:PORT] [--timeout-ms N] [--json]

        Asks /healthz (the process moves) and /readyz (it has joined the group, commits, hears from brokers, and gets
        its results acknowledged) of the node whose metrics.http the configuration names. For containers: --live for
        restarting it, without for sending it work.

        Exit codes: 0 well; 1 not, and why; 69 nobody answers; 78 metrics.http is null or the configuration is wrong.
        """
    static let options = [
        ConfigurationOptions.config, ConfigurationOptions.set,
        Option("url", value: "URL", "where the node answers, in place of metrics.http"),
        Option("live", "asks /healthz only"),
        Option("timeout-ms", value: "N", "how long to wait for the answers (2000)"),
        Option("json", "one JSON object on standard output"),
    ]

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        try arguments.expectPositional(0...0, "nothing")
        let timeout = try arguments.integer("timeout-ms", in: 1...600_000) ?? 2000
        let address = try address(arguments)
        let until = MonotonicTime.now().adding(milliseconds: timeout)
        let paths = arguments.has("live") ? ["/healthz"] : ["/healthz", "/readyz"]
        let verdict = ask(paths, address, until)
        if arguments.has("json") { try DataWriter.write([json(verdict, address)]) }
        Output.words(verdict.words)
        return verdict.code
    }

    private struct Verdict {
        let code: Int32
        let words: String
    }

    /// The first answer that is not well decides.
    private static func ask(_ paths: [String], _ address: HTTPAddress, _ until: MonotonicTime) -> Verdict {
        for path in paths {
            do throws(LocalHTTP.Failure) {
                let answer = try LocalHTTP.get(host: address.host, port: address.port, path: path, until: until)
                guard answer.status != 200 else { continue }
                let reason = String(decoding: answer.body.prefix(1000), as: UTF8.self).trimmed.escapedForTerminal
                let word = path == "/readyz" ? "not ready" : "not healthy"
                return Verdict(code: ExitCode.failure, words: "\(word) (\(path) says \(answer.status)): \(reason)")
            } catch {
                return Verdict(code: ExitCode.unavailable, words: "nobody answers at \(address)\(path): \(error)")
            }
        }
        return Verdict(code: ExitCode.success, words: paths.count == 1 ? "healthy" : "healthy and ready")
    }

    private static func json(_ verdict: Verdict, _ address: HTTPAddress) -> String {
        JSONValue.object([
            JSONMember("address", .string(address.description)),
            JSONMember("well", .bool(verdict.code == ExitCode.success)), JSONMember("says", .string(verdict.words)),
        ]).text
    }

    private static func address(_ arguments: Arguments) throws(CommandFailure) -> HTTPAddress {
        if let url = arguments.value("url") { return try parse(url) }
        guard let address = try ConfigurationOptions.load(arguments).metrics.http, address.port != 0 else {
            throw CommandFailure(
                "metrics.http names no port, so the node cannot be asked: set it, or give --url http://HOST:PORT",
                code: ExitCode.configuration)
        }
        return address
    }

    private static func parse(_ url: String) throws(CommandFailure) -> HTTPAddress {
        var text = url[...]
        if text.hasPrefix("http://") { text = text.dropFirst("http://".count) }
        while text.hasSuffix("/") { text = text.dropLast() }
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65_535).contains(port)
        else { throw .usage("--url is \(url), must be like http://127.0.0.1:9464") }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        let isName = host.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || ".-:".contains($0)) }
        guard !host.isEmpty, isName else { throw .usage("--url is \(url), must be like http://127.0.0.1:9464") }
        return HTTPAddress(host: String(host), port: port)
    }
}

extension String {
    /// Without white space at the ends.
    fileprivate var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
