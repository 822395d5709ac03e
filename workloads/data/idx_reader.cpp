#include "workloads/data/idx_reader.h"

#include "workloads/data/gzip.h"
#include "workloads/workload.h"

#include <cstring>

namespace timetrial::data {
namespace {

std::uint32_t big_endian(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

void expect(const std::filesystem::path& file, const std::string& what, std::uint64_t found,
            std::uint64_t expected) {
  if (found == expected) return;
  throw workloads::DataError(file.string() + ": " + what + " is " + std::to_string(found) +
                             ", expected " + std::to_string(expected) +
                             "; is it the right file of the data set?");
}

}  // namespace

at::Tensor read_idx(const std::filesystem::path& file, const std::vector<std::int64_t>& shape) {
  const std::string bytes = read_gzip(file);
  const std::size_t header = 4 * (1 + shape.size());
  if (bytes.size() < header) {
    throw workloads::DataError(file.string() + ": ends within the header of " +
                               std::to_string(header) + " bytes; fetch it again");
  }
  expect(file, "the magic number", big_endian(bytes, 0), 0x0800 + shape.size());
  for (std::size_t i = 0; i < shape.size(); ++i) {
    expect(file, "dimension " + std::to_string(i), big_endian(bytes, 4 * (i + 1)),
           static_cast<std::uint64_t>(shape[i]));
  }
  at::Tensor values = at::empty(shape, at::kByte);
  expect(file, "the number of values", bytes.size() - header,
         static_cast<std::uint64_t>(values.numel()));
  std::memcpy(values.data_ptr(), bytes.data() + header, bytes.size() - header);
  return values;
}

}  // namespace timetrial::data
