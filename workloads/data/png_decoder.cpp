#include "workloads/data/png_decoder.h"

#include "workloads/workload.h"

#include <png.h>

#include <array>
#include <cstring>
#include <vector>

namespace timetrial::data {
namespace {

/// What libpng calls back with. Its errors jump, so no function between setjmp and libpng may hold
/// an object that has a destructor.
struct Input {
  std::span<const std::byte> bytes;
  std::array<char, 128> message{};
};

void read_bytes(png_structp png, png_bytep out, std::size_t count) {
  auto* input = static_cast<Input*>(png_get_io_ptr(png));
  if (count > input->bytes.size()) png_error(png, "it ends early");
  std::memcpy(out, input->bytes.data(), count);
  input->bytes = input->bytes.subspan(count);
}

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  auto* input = static_cast<Input*>(png_get_error_ptr(png));
  std::strncpy(input->message.data(), message, input->message.size() - 1);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

class Png {
 public:
  Png(std::span<const std::byte> bytes, const std::string& where)
      : input_{bytes},
        where_(where),
        png_(png_create_read_struct(PNG_LIBPNG_VER_STRING, &input_, on_error, on_warning)),
        info_(png_create_info_struct(png_)) {}
  ~Png() { png_destroy_read_struct(&png_, &info_, nullptr); }
  Png(const Png&) = delete;
  Png& operator=(const Png&) = delete;

  PngSize read_header() {
    if (setjmp(png_jmpbuf(png_)) != 0) fail();
    png_set_read_fn(png_, &input_, read_bytes);
    png_read_info(png_, info_);
    if (png_get_bit_depth(png_, info_) > 8) png_error(png_, "16 bits a channel are not read");
    return {png_get_image_height(png_, info_), png_get_image_width(png_, info_)};
  }

  void read_rows(std::uint8_t* out) {
    const PngSize size = read_header();
    std::vector<png_bytep> rows(static_cast<std::size_t>(size.height));
    for (std::size_t y = 0; y < rows.size(); ++y) {
      rows[y] = out + static_cast<std::int64_t>(y) * size.width * 3;
    }
    read_into(rows.data());
  }

 private:
  void read_into(png_bytepp rows) {
    if (setjmp(png_jmpbuf(png_)) != 0) fail();
    png_set_expand(png_);  // palettes, and fewer bits than 8
    png_set_gray_to_rgb(png_);
    png_set_strip_alpha(png_);
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    png_read_image(png_, rows);
  }
  [[noreturn]] void fail() const {
    throw workloads::DataError(where_ + ": PNG: " + input_.message.data() +
                               "; fetch the image again");
  }

  Input input_;
  const std::string& where_;
  png_structp png_;
  png_infop info_;
};

}  // namespace

bool is_png(std::span<const std::byte> bytes) {
  constexpr std::size_t kSignature = 8;
  return bytes.size() >= kSignature &&
         png_sig_cmp(reinterpret_cast<png_const_bytep>(bytes.data()), 0, kSignature) == 0;
}

PngSize png_size(std::span<const std::byte> bytes, const std::string& where) {
  return Png(bytes, where).read_header();
}

void decode_png(std::span<const std::byte> bytes, const std::string& where, std::uint8_t* out) {
  Png(bytes, where).read_rows(out);
}

}  // namespace timetrial::data
