#include "workloads/data/jpeg_decoder.h"

#include "workloads/workload.h"

#include <jerror.h>

#include <algorithm>

namespace timetrial::data {
namespace {

/// Smooth upsampling looks at neighbours, so the parts that are decoded reach beyond a box by more
/// than a block of the coarsest chroma; then the pixels within are those of the whole image.
constexpr std::int64_t kMargin = 64;

}  // namespace

// libjpeg reports errors by a function that must not return. Jumping skips destructors, so no
// function between setjmp and libjpeg may hold an object that has one.

void JpegDecoder::on_error(j_common_ptr info) {
  auto* errors = reinterpret_cast<Errors*>(info->err);
  (*info->err->format_message)(info, errors->message);
  std::longjmp(errors->escape, 1);
}

void JpegDecoder::on_message(j_common_ptr info, int level) {
  // libjpeg goes on with grey pixels where a file ends early; Pillow refuses it. Other warnings
  // (corrupt data) are ignored there, and the images of data sets do have them.
  if (level < 0 && info->err->msg_code == JWRN_JPEG_EOF) on_error(info);
}

void JpegDecoder::fail() const {
  throw workloads::DataError(where_ + ": " + errors_.message + "; fetch the image again");
}

JpegDecoder::JpegDecoder(std::span<const std::byte> bytes, const std::string& where)
    : where_(where), errors_{}, info_{} {
  info_.err = jpeg_std_error(&errors_.manager);
  errors_.manager.error_exit = on_error;
  errors_.manager.emit_message = on_message;
  if (setjmp(errors_.escape) != 0) {
    jpeg_destroy_decompress(&info_);
    fail();
  }
  jpeg_create_decompress(&info_);
  jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&info_, TRUE);
}

JpegDecoder::~JpegDecoder() { jpeg_destroy_decompress(&info_); }

void JpegDecoder::decode(const Box& box, bool fast_dct, std::uint8_t* out) {
  row_.resize(static_cast<std::size_t>(width() * channels()));
  if (setjmp(errors_.escape) != 0) fail();
  info_.out_color_space = channels() == 1 ? JCS_GRAYSCALE : channels() == 3 ? JCS_RGB : JCS_CMYK;
  info_.dct_method = fast_dct ? JDCT_IFAST : JDCT_ISLOW;
  jpeg_start_decompress(&info_);
  JDIMENSION first_column = 0;
  if (box.width + 2 * kMargin < width()) {
    first_column = static_cast<JDIMENSION>(std::max<std::int64_t>(0, box.left - kMargin));
    const std::int64_t end = std::min(width(), box.left + box.width + kMargin);
    auto columns = static_cast<JDIMENSION>(end - first_column);
    jpeg_crop_scanline(&info_, &first_column, &columns);
  }
  read_rows(box, first_column, out);
}

void JpegDecoder::read_rows(const Box& box, std::int64_t first_column, std::uint8_t* out) {
  const std::int64_t skipped = std::max<std::int64_t>(0, box.top - kMargin);
  if (skipped > 0) jpeg_skip_scanlines(&info_, static_cast<JDIMENSION>(skipped));
  const std::int64_t from = (box.left - first_column) * channels();
  const std::int64_t row_bytes = box.width * channels();
  JSAMPROW row = row_.data();
  while (info_.output_scanline < static_cast<JDIMENSION>(box.top + box.height)) {
    const std::int64_t y = info_.output_scanline;
    if (jpeg_read_scanlines(&info_, &row, 1) != 1 || y < box.top) continue;
    std::copy_n(row + from, row_bytes, out + (y - box.top) * row_bytes);
  }
}

}  // namespace timetrial::data
