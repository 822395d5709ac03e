#include "harness/tensorfile/safetensors.h"
#include "harness/trial/error.h"
#include "tests/fuzz/file_readers.h"
#include "tests/fuzz/promise.h"

namespace timetrial::fuzz {

void read_safetensors(std::string_view bytes) {
  const FileInMemory file(bytes);
  try {
    const tensorfile::Reader reader(file.fd(), "f.safetensors");
    for (const auto& [name, info] : reader.tensors()) {
      std::size_t size = tensorfile::element_size(info.dtype);
      for (const auto length : info.shape) size *= static_cast<std::size_t>(length);
      const auto content = reader.bytes(name);
      require(content.size() == size, "as many bytes as the shape says");
      std::size_t zeros = 0;
      for (const std::byte byte : content) zeros += byte == std::byte{} ? 1 : 0;
      require(zeros <= size, "each byte is mapped");
    }
  } catch (const InputError&) {
    // An answer: names in it are the file's, line breaks included.
  }
}

}  // namespace timetrial::fuzz
