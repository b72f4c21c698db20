import Certificates
import Configuration
import Messages

/// Says when the certificates expire that the Kafka clients work with, and which files on the disk are no longer what has
/// been read of them: clients read them when they are made, the configuration at the start. On one thread, which a disk
/// may keep waiting.
struct CredentialWatch {
    /// What a file was found to hold, as far as that tells it from another: no secret is kept.
    private enum Finding: Equatable {
        case holds(digest: Int, isAsConfigured: Bool)
        case unreadable(reason: String)

        var isAsConfigured: Bool { if case .holds(_, let isAsConfigured) = self { isAsConfigured } else { false } }
    }

    private struct Known {
        /// As clients have read it.
        let read: Finding
        var last: Finding
        /// The change that the log has last told of; nil while there is none.
        var told: Finding?
    }

    private let files: [CredentialFile]
    private let metrics: NodeMetrics
    private let log: Log
    /// By path; empty until clients have been made.
    private var known: [String: Known] = [:]

    init(_ files: [CredentialFile], metrics: NodeMetrics, log: Log) {
        self.files = files
        self.metrics = metrics
        self.log = log
    }

    /// Clients have been made: they work with what lies there.
    mutating func noteRead() {
        for file in files {
            let (finding, bytes) = Self.look(at: file)
            known[file.path] = Known(read: finding, last: finding)
            for problem in show(file, finding, bytes) { log.line(.warning, Self.unknown, problem) }
        }
    }

    /// Compares what lies there with what has been read. Before clients have been made it shows what they would read, and
    /// logs nothing.
    ///
    /// - Parameter isAsked: by somebody who has put everything in its place and wants to hear of it, again if need be.
    mutating func look(isAsked: Bool = false) {
        for file in files {
            let (finding, bytes) = Self.look(at: file)
            guard var known = known[file.path] else {
                _ = show(file, finding, bytes)
                continue
            }
            // One that is being written is another at the next look.
            let isSettled = isAsked || known.last == finding
            known.last = finding
            if isAsked { known.told = nil }
            if isSettled { compare(file, finding, &known) }
            self.known[file.path] = known
        }
    }

    private func compare(_ file: CredentialFile, _ finding: Finding, _ known: inout Known) {
        let isChanged =
            file.isReadByClients && finding != known.read || file.isReadByConfiguration && !finding.isAsConfigured
        metrics.credential(file: file.name, isChanged: isChanged)
        guard known.told != finding else { return }
        known.told = isChanged ? finding : nil
        guard isChanged else { return }
        var fields = [
            JSONMember("file", .string(file.name)), JSONMember("keys", .array(file.uses.map { .string($0.key) })),
        ]
        if case .unreadable(let reason) = finding { fields.append(JSONMember("cause", .string(reason))) }
        log.line(
            .warning, "a file has changed: until the node is restarted its clients work with what it held before",
            fields)
    }

    private static let unknown = "when the certificates of a file expire is not known"

    /// - Returns: of each use whose expiry is not known, what it is and why.
    private func show(_ file: CredentialFile, _ finding: Finding, _ bytes: [UInt8]) -> [[JSONMember]] {
        var (expiries, problems): ([Int64], [[JSONMember]]) = ([], [])
        for use in file.uses where use.content != .other {
            do throws(CertificateProblem) {
                if use.text == nil, case .unreadable(let reason) = finding { throw CertificateProblem(reason) }
                if let expiry = try use.expiry(of: bytes) { expiries.append(expiry) }
            } catch {
                problems.append([
                    JSONMember("file", .string(file.name)), JSONMember("key", .string(use.key)),
                    JSONMember("cause", .string(error.description)),
                ])
            }
        }
        metrics.certificate(file: file.name, expiry: expiries.min())
        metrics.credential(file: file.name, isChanged: false)
        return problems
    }

    private static func look(at file: CredentialFile) -> (Finding, bytes: [UInt8]) {
        do throws(FileProblem) {
            let bytes = try readFile(file.path, maximumBytes: CredentialFile.mostBytes)
            return (.holds(digest: bytes.hashValue, isAsConfigured: file.isAsConfigured(bytes)), bytes)
        } catch {
            return (.unreadable(reason: error.reason), [])
        }
    }
}
