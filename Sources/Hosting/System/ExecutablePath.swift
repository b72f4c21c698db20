import Glibc

/// Where the running program lies.
package enum ExecutablePath {
    /// The path of `name` in the directory of the running executable; nil when that directory cannot be found out.
    package static func beside(_ name: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        guard length > 0, let slash = buffer[..<length].lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return String(decoding: buffer[...slash], as: UTF8.self) + name
    }
}
