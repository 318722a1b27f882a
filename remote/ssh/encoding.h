// Base64 (RFC 4648), SHA-1 (FIPS 180-4) and HMAC (RFC 2104), as known_hosts needs them; SHA-1 is for its hashed names alone.
// Pure functions, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace attune::remote {

/// The bytes; nothing when the text is not base64, padding included.
std::optional<std::string> fromBase64(std::string_view text);
std::string toBase64(std::string_view bytes);

/// 20 bytes.
std::string hmacSha1(std::string_view key, std::string_view text);

/// "SHA256:" and unpadded base64, as ssh-keygen -l shows a key.
std::string fingerprintOf(std::string_view keyBlob);

} // namespace attune::remote
