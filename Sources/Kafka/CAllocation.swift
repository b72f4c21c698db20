internal import Glibc

extension UnsafeMutableRawPointer {
    /// Memory that C code may `free`; nil where there is none left.
    static func allocateForC(copying bytes: UnsafeBufferPointer<UInt8>) -> UnsafeMutableRawPointer? {
        guard let start = bytes.baseAddress, let copy = unsafe malloc(bytes.count) else { return nil }
        unsafe memcpy(copy, start, bytes.count)
        return unsafe copy
    }
}
