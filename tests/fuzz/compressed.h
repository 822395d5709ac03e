#pragma once
// A gzip file of what a fuzzer made.
#include "tests/fuzz/promise.h"

#include <zlib.h>

#include <string>
#include <string_view>

namespace timetrial::fuzz {

inline std::string compressed(std::string_view bytes) {
  z_stream stream{};
  constexpr int kGzip = 16 + MAX_WBITS;
  require(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzip, /*memLevel=*/1,
                       Z_DEFAULT_STRATEGY) == Z_OK,
          "zlib");
  std::string text(bytes), out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "a bound holds");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace timetrial::fuzz
