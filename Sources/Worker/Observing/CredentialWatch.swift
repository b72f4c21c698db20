import Certificates
import Configuration
import Messages
import Synchronization

/// Says when the certificates expire that the Kafka clients work with, and which files on the disk are no longer what they
/// have read: they read them when they are made, so that only a restart makes something of a new one.
final class CredentialWatch: Sendable {
    /// What a file was found to hold, as far as that tells it from another: no secret is kept.
    private enum Finding: Equatable {
        case holds(digest: Int)
        case unreadable(reason: String)
    }

    private struct State {
        /// By path, as the clients have read them.
        var read: [String: Finding] = [:]
        /// What was last said of a file.
        var told: [String: Finding] = [:]
        /// How often the clients have read them: what was looked up before says nothing after.
        var readings = 0
    }

    private let files: [CredentialFile]
    private let metrics: NodeMetrics
    private let log: Log
    private let state = Mutex(State())

    init(_ files: [CredentialFile], metrics: NodeMetrics, log: Log) {
        self.files = files
        self.metrics = metrics
        self.log = log
    }

    /// The clients are being made: from now on they work with what lies there. A secret was read before, with the
    /// configuration.
    func noteRead() {
        for file in files where file.content != .secret || state.withLock({ $0.read[file.path] == nil }) {
            let (finding, bytes) = Self.look(at: file)
            let isNew = state.withLock { state in
                state.told[file.path] = nil
                state.readings += 1
                return state.read.updateValue(finding, forKey: file.path) != finding
            }
            show(file, finding, bytes, isNew: isNew)
        }
    }

    /// Compares what lies there with what the clients have read.
    func look() {
        guard state.withLock({ $0.readings > 0 }) else { return noteRead() }
        for file in files {
            let readings = state.withLock { $0.readings }
            let (finding, _) = Self.look(at: file)
            let news = state.withLock { state -> (isChanged: Bool, isNew: Bool)? in
                guard state.readings == readings, let read = state.read[file.path] else { return nil }
                let isNew = (state.told[file.path] ?? read) != finding
                state.told[file.path] = finding
                return (finding != read, isNew)
            }
            guard let news else { continue }
            metrics.credential(file: file.path, isChanged: news.isChanged)
            if news.isChanged, news.isNew { tell(file, finding) }
        }
    }

    private func show(_ file: CredentialFile, _ finding: Finding, _ bytes: [UInt8], isNew: Bool) {
        metrics.credential(file: file.path, isChanged: false)
        guard file.hasCertificates else { return }
        let cause: String
        switch finding {
        case .unreadable(let reason): cause = reason
        case .holds:
            do throws(CertificateProblem) {
                return metrics.certificate(file: file.path, expiry: try file.expiry(of: bytes))
            } catch {
                cause = error.description
            }
        }
        metrics.certificate(file: file.path, expiry: nil)
        guard isNew else { return }
        log.info(
            "when the certificates of a file expire is not known", JSONMember("file", .string(file.path)),
            JSONMember("key", .string(file.key)), JSONMember("cause", .string(cause)))
    }

    private func tell(_ file: CredentialFile, _ finding: Finding) {
        var fields = [JSONMember("file", .string(file.path)), JSONMember("key", .string(file.key))]
        if case .unreadable(let reason) = finding { fields.append(JSONMember("cause", .string(reason))) }
        log.line(.warning, "a file has changed that holds only after a restart", fields)
    }

    private static func look(at file: CredentialFile) -> (Finding, bytes: [UInt8]) {
        do throws(FileProblem) {
            let bytes = try readFile(file.path, maximumBytes: CredentialFile.mostBytes)
            return (.holds(digest: bytes.hashValue), bytes)
        } catch {
            return (.unreadable(reason: error.reason), [])
        }
    }
}
