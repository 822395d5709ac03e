#include "harness/protocol/bytes.h"
#include "harness/protocol/message.h"
#include "tests/fuzz/file_readers.h"
#include "tests/fuzz/promise.h"

#include <algorithm>

namespace timetrial::fuzz {

void read_message(std::string_view bytes) {
  const auto data = std::as_bytes(std::span(bytes.data(), bytes.size()));
  try {
    const auto again = protocol::encode(protocol::decode(data));
    require(std::equal(again.begin(), again.end(), data.begin(), data.end()),
            "what is not refused is what encode() produces");
  } catch (const protocol::ProtocolError& error) {
    require_one_line(error);
  }
}

}  // namespace timetrial::fuzz
