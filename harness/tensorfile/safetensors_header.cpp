#include "harness/tensorfile/safetensors_header.h"

#include "harness/jsonfile/strict_json.h"
#include "harness/trial/error.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace timetrial::tensorfile {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::pair<const char*, std::size_t>, 10> kElementSizes{{
    {"F32", 4},
    {"F64", 8},
    {"F16", 2},
    {"BF16", 2},
    {"I64", 8},
    {"I32", 4},
    {"I16", 2},
    {"I8", 1},
    {"U8", 1},
    {"BOOL", 1},
}};

constexpr char kMetadataKey[] = "__metadata__";
constexpr std::size_t kAlignment = 64;

[[noreturn]] void fail(const std::string& place, const std::string& problem) {
  throw InputError(place + ": " + problem + "; the file is damaged or no safetensors file");
}

/// Bytes of a tensor, or nothing when the product does not fit.
bool checked_size(const std::vector<std::int64_t>& shape, std::size_t element, std::size_t& bytes) {
  bytes = element;
  for (const std::int64_t extent : shape) {
    if (__builtin_mul_overflow(bytes, static_cast<std::size_t>(extent), &bytes)) return false;
  }
  return true;
}

std::vector<std::int64_t> parse_shape(const Json& entry, const std::string& place) {
  const auto found = entry.find("shape");
  if (found == entry.end() || !found->is_array()) fail(place, "'shape' is not a list");
  std::vector<std::int64_t> shape;
  for (const Json& extent : *found) {
    // Integers beyond int64 are parsed as unsigned; they would turn negative below.
    if (!extent.is_number_integer() || extent.get<std::int64_t>() < 0) {
      fail(place, fmt::format("shape entry {} is not an integer from 0 up", extent.dump()));
    }
    shape.push_back(extent.get<std::int64_t>());
  }
  return shape;
}

std::pair<std::size_t, std::size_t> parse_offsets(const Json& entry, const std::string& place) {
  const auto found = entry.find("data_offsets");
  if (found == entry.end() || !found->is_array() || found->size() != 2 ||
      !found->at(0).is_number_unsigned() || !found->at(1).is_number_unsigned()) {
    fail(place, "'data_offsets' is not a pair of integers from 0 up");
  }
  return {found->at(0).get<std::size_t>(), found->at(1).get<std::size_t>()};
}

TensorInfo parse_tensor(const Json& entry, std::size_t data_bytes, const std::string& place) {
  if (!entry.is_object()) fail(place, "the entry is not an object");
  const auto dtype = entry.find("dtype");
  if (dtype == entry.end() || !dtype->is_string()) fail(place, "'dtype' is not a text");
  TensorInfo info;
  info.dtype = dtype->get<std::string>();
  std::size_t element = 0;
  try {
    element = element_size(info.dtype);
  } catch (const InputError& error) {
    throw InputError(place + ": " + error.what());
  }
  info.shape = parse_shape(entry, place);
  std::tie(info.begin, info.end) = parse_offsets(entry, place);
  const std::string range = fmt::format("[{}, {})", info.begin, info.end);
  if (info.begin > info.end || info.end > data_bytes) {
    fail(place, "data_offsets " + range + " lie outside the data section of " +
                    std::to_string(data_bytes) + " bytes");
  }
  std::size_t bytes = 0;
  if (!checked_size(info.shape, element, bytes) || bytes != info.end - info.begin) {
    fail(place, "data_offsets " + range + " do not match dtype and shape");
  }
  return info;
}

std::map<std::string, std::string> parse_metadata(const Json& entry, const std::string& place) {
  std::map<std::string, std::string> metadata;
  if (!entry.is_object()) fail(place, "__metadata__ is not an object");
  for (const auto& [key, value] : entry.items()) {
    if (!value.is_string()) fail(place, "__metadata__ '" + key + "' is not a text");
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

/// Every byte of the data section belongs to exactly one tensor.
void check_layout(const Header& header, std::size_t data_bytes, const std::string& place) {
  std::vector<const std::pair<const std::string, TensorInfo>*> order;
  for (const auto& tensor : header.tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return std::pair(a->second.begin, a->second.end) < std::pair(b->second.begin, b->second.end);
  });
  std::size_t at = 0;
  std::string previous;
  for (const auto* tensor : order) {
    const auto& [name, info] = *tensor;
    if (info.begin < at) fail(place, "tensors '" + previous + "' and '" + name + "' overlap");
    if (info.begin > at) {
      fail(place, std::to_string(info.begin - at) + " bytes before tensor '" + name +
                      "' belong to no tensor");
    }
    at = info.end;
    previous = name;
  }
  if (at != data_bytes) {
    fail(place, std::to_string(data_bytes - at) + " bytes at the end belong to no tensor");
  }
}

}  // namespace

std::size_t element_size(const std::string& dtype) {
  for (const auto& [name, size] : kElementSizes) {
    if (dtype == name) return size;
  }
  std::string known;
  for (const auto& [name, size] : kElementSizes) {
    if (!known.empty()) known += ", ";
    known += name;
  }
  throw InputError("unknown dtype '" + dtype + "'; known: " + known);
}

Header parse_header(std::string_view text, std::size_t data_bytes, const std::string& place) {
  const Json json = jsonfile::parse(text, place + ": header");
  if (!json.is_object()) fail(place, "the header is no JSON object");
  Header header;
  for (const auto& [name, entry] : json.items()) {
    if (name == kMetadataKey) {
      header.metadata = parse_metadata(entry, place);
    } else {
      header.tensors[name] = parse_tensor(entry, data_bytes, place + ": tensor '" + name + "'");
    }
  }
  check_layout(header, data_bytes, place);
  return header;
}

std::string make_header(const std::vector<TensorView>& tensors,
                        const std::map<std::string, std::string>& metadata) {
  std::vector<TensorLayout> layout;
  for (const TensorView& tensor : tensors) {
    layout.push_back({tensor.name, tensor.dtype, tensor.shape, tensor.bytes.size()});
  }
  return make_header(layout, metadata);
}

std::string make_header(const std::vector<TensorLayout>& tensors,
                        const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (!metadata.empty()) json[kMetadataKey] = metadata;
  std::set<std::string> names{kMetadataKey};
  std::size_t at = 0;
  for (const auto& tensor : tensors) {
    if (!names.insert(tensor.name).second) {
      throw InputError("tensor name '" + tensor.name + "' is reserved or used twice");
    }
    std::size_t bytes = 0;
    if (std::any_of(tensor.shape.begin(), tensor.shape.end(), [](auto n) { return n < 0; }) ||
        !checked_size(tensor.shape, element_size(tensor.dtype), bytes) || bytes != tensor.bytes) {
      throw InputError("tensor '" + tensor.name + "' has " + std::to_string(tensor.bytes) +
                       " bytes, which do not match its dtype and shape");
    }
    json[tensor.name] = {
        {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {at, at + bytes}}};
    at += bytes;
  }
  std::string text = json.dump();
  const std::size_t over = (8 + text.size()) % kAlignment;
  if (over != 0) text.append(kAlignment - over, ' ');
  if (text.size() > kMaxHeaderBytes)
    throw InputError("the header exceeds 100 MB; use fewer tensors");
  return text;
}

}  // namespace timetrial::tensorfile
