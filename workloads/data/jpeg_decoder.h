#pragma once
// libjpeg-turbo behind a class: its errors become exceptions, its memory is freed. What its pixels
// mean: image_decoding.h.

#include "workloads/data/image_crop.h"

// jpeglib.h needs FILE and size_t declared.
#include <cstddef>
#include <cstdio>

#include <jpeglib.h>

#include <csetjmp>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace timetrial::data {

class JpegDecoder {
 public:
  /// Reads the header. Throws workloads::DataError, beginning with `where`, as decode() does.
  JpegDecoder(std::span<const std::byte> bytes, const std::string& where);
  ~JpegDecoder();
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  std::int64_t height() const { return info_.image_height; }
  std::int64_t width() const { return info_.image_width; }
  /// Of the decoded pixels: 1 grey, 3 RGB, 4 CMYK as it is stored.
  int channels() const { return info_.num_components; }

  /// The pixels of a box within the image: [box.height, box.width, channels()]. Call once.
  void decode(const Box& box, bool fast_dct, std::uint8_t* out);

 private:
  struct Errors {
    jpeg_error_mgr manager;
    std::jmp_buf escape;
    char message[JMSG_LENGTH_MAX];
  };
  [[noreturn]] static void on_error(j_common_ptr info);
  static void on_message(j_common_ptr info, int level);
  [[noreturn]] void fail() const;
  void read_rows(const Box& box, std::int64_t first_column, std::uint8_t* out);

  const std::string& where_;
  Errors errors_;
  jpeg_decompress_struct info_;
  std::vector<std::uint8_t> row_;
};

}  // namespace timetrial::data
