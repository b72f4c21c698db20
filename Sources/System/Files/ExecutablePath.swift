import Glibc
import Messages

/// Where the running program lies.
package enum ExecutablePath {
    /// The path of the running executable; nil when it cannot be found out.
    package static var own: String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let length = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        return length > 0 ? FileName.text(Array(buffer[..<length])) : nil
    }

    /// The path of `name` in the directory of the running executable; nil when that directory cannot be found out.
    package static func beside(_ name: String) -> String? {
        guard let own, let slash = own.lastIndex(of: "/") else { return nil }
        return own[...slash] + name
    }

    /// Whether there is a program that this process may run.
    package static func canRun(_ path: String) -> Bool { unsafe path.withPath { unsafe access($0, X_OK) } == 0 }
}
