#pragma once
// The JSON header of a safetensors file as text in, table out, and back. Needs no file, so that
// malformed headers are tested as strings.

#include "harness/tensorfile/safetensors.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace timetrial::tensorfile {

/// Longest header that is read or written, bytes: the limit of the reference implementation.
inline constexpr std::size_t kMaxHeaderBytes = 100'000'000;

struct Header {
  std::map<std::string, TensorInfo> tensors;
  std::map<std::string, std::string> metadata;
};

/// Throws InputError, prefixed with `place`, unless `json` describes tensors that fill a data
/// section of `data_bytes` without overlap and without holes.
Header parse_header(std::string_view json, std::size_t data_bytes, const std::string& place);

/// A tensor to be, without its bytes.
struct TensorLayout {
  std::string name;
  std::string dtype;
  std::vector<std::int64_t> shape;
  std::size_t bytes = 0;
};

/// The header of tensors laid out one after the other in the given order, padded with spaces so
/// that 8 + its length is a multiple of 64. Throws InputError for an unknown dtype, a name used
/// twice or bytes that do not match the shape.
std::string make_header(const std::vector<TensorLayout>& tensors,
                        const std::map<std::string, std::string>& metadata);
std::string make_header(const std::vector<TensorView>& tensors,
                        const std::map<std::string, std::string>& metadata);

}  // namespace timetrial::tensorfile
