#pragma once
// FarmHash's Fingerprint64: a hash of bytes that is the same on every platform and for ever. Data
// sets are prepared with it, as by TensorFlow's string_to_hash_bucket_fast (Fingerprint64 modulo
// the number of buckets).
// Source   Pike 2014, FarmHash (github.com/google/farmhash): farmhashna::Hash64

#include <cstdint>
#include <string_view>

namespace timetrial::data {

std::uint64_t fingerprint64(std::string_view bytes);

}  // namespace timetrial::data
