import CCrypto
import Glibc

/// Why a file says nothing of certificates.
package struct CertificateProblem: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Certificates as the formats that librdkafka takes have them, by libcrypto.
package enum CertificateFile {
    /// When the certificates of a PEM file are no longer valid, in seconds since 1970, in the order of the file; what it
    /// has beside them, such as a key, is passed over.
    ///
    /// - Throws: that there is none, or what libcrypto says of one.
    package static func expiries(pem bytes: [UInt8]) throws(CertificateProblem) -> [Int64] {
        var expiries: [Int64] = []
        try unsafe readAll(bytes, "certificate") { source throws(CertificateProblem) in
            // Where no password is given, libcrypto asks for one on the terminal.
            var noPassword = CChar(0)
            guard let certificate = unsafe PEM_read_bio_X509(source, nil, nil, &noPassword) else { return false }
            defer { unsafe X509_free(certificate) }
            expiries.append(try unsafe expiry(certificate))
            return true
        }
        return expiries
    }

    /// When the next of the revocation lists (CRLs) of a PEM file are due, after which the one that is there is no more
    /// taken, in seconds since 1970, in the order of the file: of those that say when.
    ///
    /// - Throws: that there is none, or what libcrypto says of one.
    package static func expiries(revocations bytes: [UInt8]) throws(CertificateProblem) -> [Int64] {
        var expiries: [Int64] = []
        try unsafe readAll(bytes, "revocation list") { source throws(CertificateProblem) in
            var noPassword = CChar(0)
            guard let list = unsafe PEM_read_bio_X509_CRL(source, nil, nil, &noPassword) else { return false }
            defer { unsafe X509_CRL_free(list) }
            if let time = unsafe X509_CRL_get0_nextUpdate(list) {
                expiries.append(try unsafe seconds(time, "the next update of a revocation list"))
            }
            return true
        }
        return expiries
    }

    /// - Parameter readNext: takes the next of a kind; false where that could not be read, or there is none.
    private static func readAll(
        _ bytes: [UInt8], _ kind: String, readNext: (OpaquePointer) throws(CertificateProblem) -> Bool
    ) throws(CertificateProblem) {
        ERR_clear_error()
        let source = try unsafe memory(bytes)
        defer { unsafe BIO_free(source) }
        var count = 0
        while try unsafe readNext(source) { count += 1 }
        guard optimizer_pem_is_at_end() != 0 else { throw refusal("a \(kind) cannot be read") }
        guard count > 0 else { throw CertificateProblem("it has no \(kind) in PEM") }
    }

    /// When the certificates of a PKCS #12 keystore are no longer valid, in seconds since 1970: that of its key, then
    /// what else it has.
    ///
    /// - Throws: that there is none, or what libcrypto says: of a wrong password, too.
    package static func expiries(pkcs12 bytes: [UInt8], password: String) throws(CertificateProblem) -> [Int64] {
        // What is there of before is no cause of what happens here.
        ERR_clear_error()
        let source = try unsafe memory(bytes)
        defer { unsafe BIO_free(source) }
        guard let store = unsafe d2i_PKCS12_bio(source, nil) else { throw refusal("it is no PKCS #12 keystore") }
        defer { unsafe PKCS12_free(store) }
        var key: OpaquePointer?
        var certificate: OpaquePointer?
        var others: OpaquePointer?
        guard unsafe PKCS12_parse(store, password, &key, &certificate, &others) == 1 else {
            throw refusal("the keystore cannot be opened")
        }
        defer {
            unsafe EVP_PKEY_free(key)
            unsafe X509_free(certificate)
            unsafe optimizer_x509_free(others)
        }
        var expiries: [Int64] = []
        if let certificate = unsafe certificate { expiries.append(try unsafe expiry(certificate)) }
        let count = unsafe optimizer_x509_count(others)
        for index in 0..<count {
            guard let other = unsafe optimizer_x509_at(others, index) else { continue }
            expiries.append(try unsafe expiry(other))
        }
        guard !expiries.isEmpty else { throw CertificateProblem("the keystore has no certificate") }
        return expiries
    }

    /// libcrypto's reader of these bytes, which it copies.
    private static func memory(_ bytes: [UInt8]) throws(CertificateProblem) -> OpaquePointer {
        guard let source = unsafe BIO_new(BIO_s_mem()) else { throw refusal("there is no memory for it") }
        guard unsafe bytes.isEmpty || BIO_write(source, bytes, Int32(clamping: bytes.count)) == bytes.count else {
            unsafe BIO_free(source)
            throw refusal("there is no memory for it")
        }
        return unsafe source
    }

    private static func expiry(_ certificate: OpaquePointer) throws(CertificateProblem) -> Int64 {
        try unsafe seconds(X509_get0_notAfter(certificate), "the end of a certificate")
    }

    private static func seconds(
        _ moment: UnsafePointer<ASN1_TIME>?, _ words: String
    ) throws(CertificateProblem) -> Int64 {
        var time = unsafe tm()
        guard unsafe ASN1_TIME_to_tm(moment, &time) == 1 else { throw refusal("\(words) is no time") }
        return Int64(unsafe timegm(&time))
    }

    private static func refusal(_ words: String) -> CertificateProblem {
        var text = [CChar](repeating: 0, count: 256)
        let error = ERR_peek_last_error()
        guard error != 0 else { return CertificateProblem(words) }
        unsafe ERR_error_string_n(error, &text, text.count)
        let reason = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return CertificateProblem("\(words): \(String(decoding: reason, as: UTF8.self))")
    }
}
