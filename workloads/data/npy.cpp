#include "workloads/data/npy.h"

#include "workloads/workload.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>

namespace timetrial::data {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::pair<std::string_view, c10::ScalarType> kTypes[] = {
    {"<f2", c10::ScalarType::Half},   {"<f4", c10::ScalarType::Float},
    {"<f8", c10::ScalarType::Double}, {"|u1", c10::ScalarType::Byte},
    {"|i1", c10::ScalarType::Char},   {"<i2", c10::ScalarType::Short},
    {"<i4", c10::ScalarType::Int},    {"<i8", c10::ScalarType::Long}};

/// One file's bytes, and how its faults are told.
class Npy {
 public:
  Npy(const std::filesystem::path& file, const std::string& remedy)
      : name_(file.string()), remedy_(remedy) {
    std::ifstream in(file, std::ios::binary);
    if (!in) refuse("no such file");
    std::ostringstream out;
    out << in.rdbuf();
    bytes_ = std::move(out).str();
    find_header();
  }

  at::Tensor array() const {
    if (value_of("fortran_order").starts_with("True"))
      refuse("is in Fortran's order, expected C's");
    at::Tensor array = at::empty(shape(), type());
    const std::string_view data = std::string_view(bytes_).substr(data_begin_);
    const auto expected = static_cast<std::size_t>(array.nbytes());
    if (data.size() != expected) {
      refuse("has " + std::to_string(data.size()) + " bytes of values, expected " +
             std::to_string(expected));
    }
    // Without values there may be no address, which memcpy does not take.
    if (expected > 0) std::memcpy(array.mutable_data_ptr(), data.data(), expected);
    return array;
  }

 private:
  [[noreturn]] void refuse(const std::string& problem) const {
    throw workloads::DataError(name_ + ": " + problem + "; " + remedy_);
  }

  /// Magic, version, and the header's length in two bytes, from version 2 on in four.
  void find_header() {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes_[i]); };
    if (bytes_.size() < 12 || !std::string_view(bytes_).starts_with(kMagic) || byte(6) < 1 ||
        byte(6) > 3) {
      refuse("is not an array in NumPy's format");
    }
    const std::size_t width = byte(6) == 1 ? 2 : 4, begin = 8 + width;
    std::size_t length = 0;
    for (std::size_t i = 0; i < width; ++i) length |= std::size_t{byte(8 + i)} << (8 * i);
    if (length > bytes_.size() - begin) refuse("ends within its header");
    header_ = std::string_view(bytes_).substr(begin, length);
    data_begin_ = begin + length;
  }

  /// What stands after a key of the header, {'descr': '<f4', 'fortran_order': False, 'shape': (2,
  /// )}.
  std::string_view value_of(std::string_view key) const {
    const std::string quoted = "'" + std::string(key) + "':";
    const std::size_t found = header_.find(quoted);
    if (found == std::string_view::npos) refuse("has no '" + std::string(key) + "' in its header");
    std::string_view value = header_.substr(found + quoted.size());
    while (value.starts_with(' ')) value.remove_prefix(1);
    return value;
  }

  c10::ScalarType type() const {
    const std::string_view value = value_of("descr");
    for (const auto& [name, type] : kTypes) {
      if (value.size() > name.size() + 1 && value.substr(1, name.size()) == name) return type;
    }
    constexpr std::size_t kLongest = 16;  // what stands there may be anything
    std::string shown(value.substr(0, std::min(value.find(','), kLongest)));
    std::erase_if(shown, [](char c) { return std::isprint(static_cast<unsigned char>(c)) == 0; });
    refuse("has numbers of type " + shown +
           ", expected little-endian floats, signed integers or bytes");
  }

  std::vector<std::int64_t> shape() const {
    const std::string_view value = value_of("shape");
    const std::size_t end = value.find(')');
    if (!value.starts_with('(') || end == std::string_view::npos) refuse("has no shape");
    std::vector<std::int64_t> shape;
    std::int64_t dimension = -1;
    for (const char c : value.substr(1, end)) {
      if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
        dimension = std::max<std::int64_t>(dimension, 0) * 10 + (c - '0');
        // Whatever is larger cannot be in a file; and so nothing overflows below.
        if (dimension > static_cast<std::int64_t>(bytes_.size())) refuse("has an impossible shape");
      } else if (dimension >= 0) {
        shape.push_back(std::exchange(dimension, -1));
      }
    }
    std::size_t numbers = 1;
    for (const std::int64_t size : shape) {
      numbers *= static_cast<std::size_t>(size);
      if (numbers > bytes_.size()) refuse("has an impossible shape");
    }
    return shape;
  }

  std::string name_, remedy_, bytes_;
  std::string_view header_;
  std::size_t data_begin_ = 0;
};

}  // namespace

at::Tensor read_npy(const std::filesystem::path& file, const std::string& remedy) {
  return Npy(file, remedy).array();
}

}  // namespace timetrial::data
