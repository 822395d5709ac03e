#pragma once
// Little-endian bytes of the messages between referee and worker. Reading is bounds-checked: the
// worker is not trusted, so neither is any length it sends.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace timetrial::protocol {

/// A message that is not what the protocol says; the trial ends as protocol_broken.
class ProtocolError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

static_assert(std::endian::native == std::endian::little,
              "messages are sent as they are in memory");

class ByteWriter {
 public:
  void u64(std::uint64_t value) { raw(&value, sizeof value); }
  void i64(std::int64_t value) { raw(&value, sizeof value); }
  void f64(double value) { raw(&value, sizeof value); }
  void f32(float value) { raw(&value, sizeof value); }
  void text(std::string_view value) {
    u64(value.size());
    raw(value.data(), value.size());
  }
  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  void raw(const void* data, std::size_t size) {
    const auto* begin = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), begin, begin + size);
  }
  std::vector<std::byte> bytes_;
};

/// Throws ProtocolError on reading past the end.
class ByteReader {
 public:
  ByteReader(const std::byte* data, std::size_t size) : data_(data), size_(size) {}
  std::uint64_t u64() { return number<std::uint64_t>(); }
  std::int64_t i64() { return number<std::int64_t>(); }
  double f64() { return number<double>(); }
  float f32() { return number<float>(); }
  std::string text() {
    const std::uint64_t size = u64();
    if (size > size_ - at_) throw ProtocolError("message ends inside a text");
    std::string value(reinterpret_cast<const char*>(data_ + at_), size);
    at_ += size;
    return value;
  }
  /// A count of items that take at least `item_bytes` each, so it cannot exceed the message.
  std::uint64_t count(std::size_t item_bytes) {
    const std::uint64_t value = u64();
    if (value > (size_ - at_) / item_bytes) throw ProtocolError("message ends inside a list");
    return value;
  }
  void finish() const {
    if (at_ != size_) throw ProtocolError("message is longer than its content");
  }

 private:
  template <typename T>
  T number() {
    if (sizeof(T) > size_ - at_) throw ProtocolError("message ends inside a number");
    T value;
    std::memcpy(&value, data_ + at_, sizeof value);
    at_ += sizeof value;
    return value;
  }
  const std::byte* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

}  // namespace timetrial::protocol
