// fmt's library instantiates this template. In GCC's library its mangled name holds a
// std::conditional that Clang has resolved, so what Clang compiles asks for another name: this one.
#include <fmt/format-inl.h>

template void fmt::detail::vformat_to(buffer<char>&, string_view,
                                      basic_format_args<FMT_BUFFER_CONTEXT(char)>, locale_ref);
