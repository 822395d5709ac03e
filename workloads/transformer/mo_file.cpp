#include "workloads/transformer/mo_file.h"

#include <cstdint>

#include "workloads/workload.h"

namespace timetrial::transformer {
namespace {

constexpr std::uint32_t kMagic = 0x950412de;
constexpr char kEndOfContext = '\4';

class Catalogue {
 public:
  Catalogue(std::string_view bytes, const std::string& name) : bytes_(bytes), name_(name) {
    if (bytes.size() < 20 || number(0) != kMagic) refuse("does not begin as one");
  }

  std::vector<Message> messages() const {
    std::vector<Message> found;
    const std::size_t count = number(8), texts = number(12), translations = number(16);
    std::size_t length = 0;
    for (std::size_t i = 0; i < count; ++i) {
      std::string_view text = entry(texts + 8 * i);
      if (text.empty() || text.find('\0') != text.npos) continue;
      if (const auto context = text.find(kEndOfContext); context != text.npos) {
        text.remove_prefix(context + 1);
      }
      const std::string_view translation = entry(translations + 8 * i);
      // Entries may point anywhere: many that share one text would fill the memory.
      length += text.size() + translation.size();
      if (length > bytes_.size()) refuse("its texts are longer than the file");
      found.push_back({std::string(text), std::string(translation)});
    }
    return found;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw workloads::DataError(name_ + ": not a catalogue of messages (.mo): " + what +
                               "; fetch the packages again (scripts/setup.sh)");
  }

  std::size_t number(std::size_t at) const {
    if (at + 4 > bytes_.size()) {
      refuse("it has " + std::to_string(bytes_.size()) + " bytes, expected a number at byte " +
             std::to_string(at));
    }
    std::size_t value = 0;
    for (std::size_t i = 4; i-- > 0;)
      value = value << 8 | static_cast<std::uint8_t>(bytes_[at + i]);
    return value;
  }

  /// The text that the length and offset at `at` give.
  std::string_view entry(std::size_t at) const {
    const std::size_t length = number(at), begin = number(at + 4);
    if (begin + length > bytes_.size()) {
      refuse("the text of " + std::to_string(length) + " bytes at byte " + std::to_string(begin) +
             " goes beyond its " + std::to_string(bytes_.size()) + " bytes");
    }
    return bytes_.substr(begin, length);
  }

  const std::string_view bytes_;
  const std::string& name_;
};

}  // namespace

std::vector<Message> parse_messages(std::string_view bytes, const std::string& name) {
  return Catalogue(bytes, name).messages();
}

}  // namespace timetrial::transformer
