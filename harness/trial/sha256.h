#pragma once
// SHA-256 (FIPS 180-4) by OpenSSL's libcrypto, as lower-case hex.

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace timetrial {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256& update(std::string_view text);
  Sha256& update(std::span<const std::byte> bytes);
  /// The digest of all so far; the object is finished afterwards.
  std::string hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string sha256_hex(std::string_view text);
/// Throws InputError naming a file that cannot be read.
std::string sha256_of_file(const std::filesystem::path& file);

}  // namespace timetrial
