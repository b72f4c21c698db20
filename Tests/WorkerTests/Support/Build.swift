import Glibc
import System
import TestSupport

/// The programs of one version: those beside the tests, or those of another that a group is rolled from and to.
struct Build: Sendable, CustomStringConvertible {
    private let folder: String?

    static let this = Build(folder: nil)

    /// Where `UPGRADE_FROM` names the directory of `optimizer` and `optimizer-host`.
    static let other = getenv("UPGRADE_FROM").map { Build(folder: String(cString: $0)) }

    static let all = [this] + (other.map { [$0] } ?? [])

    /// Which may come after which.
    static let successions = [(this, this)] + (other.map { [($0, this), (this, $0)] } ?? [])

    var description: String { folder ?? "this version" }

    /// The program, and the words before those it is given.
    ///
    /// - Throws: where there is none beside the tests.
    func command() throws -> [String] {
        // Not where it would find the configuration of the version that is tested.
        if let folder { return ["/usr/bin/env", "-C", "/", "\(folder)/optimizer"] }
        guard let optimizer = ExecutablePath.beside("optimizer") else { throw Failure("no optimizer executable") }
        return [optimizer]
    }

    /// Whether the key of a setting is there in this version.
    func knows(_ setting: String) throws -> Bool {
        guard folder != nil else { return true }
        let words = try command() + ["check-config", "--set", setting]
        return try !CommandLineTool.run(words[0], Array(words[1...])).output.contains("unknown key")
    }
}
