#include "harness/sdk/state_archive.h"

#include "harness/sdk/tensor_bytes.h"
#include "harness/trial/error.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <stdexcept>

// In the file, for a value NAME in an archive PREFIX:
//   metadata  PREFIX NAME  →  "tensor" | "tensors N" | "number <16 hex digits of the double's
//   bits>"
//                             | "integer N" | "text"
//   metadata  key          →  device of the tensor `key`, such as "cpu"; "undefined" when it is not
//   tensors   PREFIX "tensor/" NAME, PREFIX "tensors/" NAME "/" I, PREFIX "text/" NAME (bytes)
// Value names are kept below PREFIX "value/", so no name can meet a key.

namespace timetrial::sdk {
namespace {

std::string value_key(const std::string& prefix, const std::string& name) {
  return prefix + "value/" + name;
}
std::string tensor_key(const std::string& prefix, const std::string& name) {
  return prefix + "tensor/" + name;
}
std::string tensor_key(const std::string& prefix, const std::string& name, std::size_t index) {
  return prefix + "tensors/" + name + "/" + std::to_string(index);
}
std::string text_key(const std::string& prefix, const std::string& name) {
  return prefix + "text/" + name;
}

bool is_printable(const std::string& name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

template <typename Integer>
Integer parse(const std::string& text, int base, const std::filesystem::path& file) {
  Integer value = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value, base);
  if (result.ec != std::errc() || result.ptr != end) {
    throw InputError(
        fmt::format("{}: '{}' is no number; the file is damaged", file.string(), text));
  }
  return value;
}

}  // namespace

void StateArchiveWriter::declare(const std::string& name, const std::string& kind) {
  if (name.empty() || !is_printable(name)) {
    throw std::invalid_argument(
        fmt::format("state name '{}' must be one or more printable ASCII characters", name));
  }
  if (!metadata_.emplace(value_key(prefix_, name), kind).second) {
    throw std::invalid_argument(fmt::format("state '{}' was already written", name));
  }
}

void StateArchiveWriter::add(const std::string& key, const at::Tensor& value) {
  if (!value.defined()) {
    metadata_[key] = "undefined";
    return;
  }
  metadata_[key] = value.device().str();
  kept_.push_back(value.detach().to(at::kCPU).contiguous());
  views_.push_back(tensor_view(key, kept_.back()));
}

void StateArchiveWriter::put(const std::string& name, const at::Tensor& value) {
  declare(name, "tensor");
  add(tensor_key(prefix_, name), value);
}

void StateArchiveWriter::put(const std::string& name, const std::vector<at::Tensor>& values) {
  declare(name, fmt::format("tensors {}", values.size()));
  for (std::size_t i = 0; i < values.size(); ++i) add(tensor_key(prefix_, name, i), values[i]);
}

void StateArchiveWriter::put(const std::string& name, double value) {
  declare(name, fmt::format("number {:016x}", std::bit_cast<std::uint64_t>(value)));
}

void StateArchiveWriter::put(const std::string& name, std::int64_t value) {
  declare(name, fmt::format("integer {}", value));
}

void StateArchiveWriter::put(const std::string& name, const std::string& value) {
  declare(name, "text");
  const auto& text = texts_.emplace_back(value);
  views_.push_back({text_key(prefix_, name),
                    "U8",
                    {static_cast<std::int64_t>(text.size())},
                    std::as_bytes(std::span(text.data(), text.size()))});
}

StateArchiveReader::StateArchiveReader(const tensorfile::Reader& file, std::string prefix)
    : file_(file), prefix_(std::move(prefix)) {}

bool StateArchiveReader::contains(const std::string& name) const {
  return file_.metadata().count(value_key(prefix_, name)) != 0;
}

std::string StateArchiveReader::declared(const std::string& name, const std::string& kind) const {
  const auto found = file_.metadata().find(value_key(prefix_, name));
  if (found == file_.metadata().end()) {
    throw std::out_of_range(fmt::format("no {} '{}' was saved", kind, name));
  }
  const auto space = found->second.find(' ');
  const auto actual = found->second.substr(0, space);
  if (actual != kind) {
    throw std::out_of_range(fmt::format("'{}' was saved as {}, not as {}", name, actual, kind));
  }
  return space == std::string::npos ? "" : found->second.substr(space + 1);
}

at::Tensor StateArchiveReader::read(const std::string& key) const {
  const auto found = file_.metadata().find(key);
  if (found == file_.metadata().end()) {
    throw InputError(fmt::format("{}: the device of tensor '{}' is missing; the file is damaged",
                                 file_.file().string(), key));
  }
  if (found->second == "undefined") return {};
  return tensor_from(file_, key).to(c10::Device(found->second));
}

at::Tensor StateArchiveReader::tensor(const std::string& name) const {
  declared(name, "tensor");
  return read(tensor_key(prefix_, name));
}

std::vector<at::Tensor> StateArchiveReader::tensors(const std::string& name) const {
  std::vector<at::Tensor> result(parse<std::size_t>(declared(name, "tensors"), 10, file_.file()));
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = read(tensor_key(prefix_, name, i));
  return result;
}

double StateArchiveReader::number(const std::string& name) const {
  return std::bit_cast<double>(parse<std::uint64_t>(declared(name, "number"), 16, file_.file()));
}

std::int64_t StateArchiveReader::integer(const std::string& name) const {
  return parse<std::int64_t>(declared(name, "integer"), 10, file_.file());
}

std::string StateArchiveReader::text(const std::string& name) const {
  declared(name, "text");
  const auto bytes = file_.bytes(text_key(prefix_, name));
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace timetrial::sdk
