# timetrial_compile_tables(<out> <namespace> <folder>)
# Turns every <folder>/*.toml into an entry of <namespace>::compiled_tables(), sorted by name; <out> is
# the source file to build. A table is added by adding a file.
function(timetrial_compile_tables out namespace folder)
  file(GLOB _tables CONFIGURE_DEPENDS "${folder}/*.toml")
  set(_entries "")
  foreach(_table IN LISTS _tables)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${_table}")
    file(READ "${_table}" _text)
    get_filename_component(_name "${_table}" NAME_WLE)
    string(APPEND _entries "    {\"${_name}\", R\"__table__(${_text})__table__\"},\n")
  endforeach()
  string(REPLACE "::" "/" _path "${namespace}")
  set(_source "${PROJECT_BINARY_DIR}/generated/${_path}/compiled_tables.cpp")
  file(WRITE "${_source}.new"
    "// Made by CMake from ${folder}/*.toml.\n"
    "#include \"harness/tomlfile/compiled_table.h\"\n\n"
    "namespace ${namespace} {\n\n"
    "const std::vector<timetrial::tomlfile::CompiledTable>& compiled_tables() {\n"
    "  static const std::vector<timetrial::tomlfile::CompiledTable> tables{\n${_entries}  };\n"
    "  return tables;\n}\n\n"
    "}  // namespace ${namespace}\n")
  configure_file("${_source}.new" "${_source}" COPYONLY)  # keeps the time stamp when nothing changed
  set(${out} "${_source}" PARENT_SCOPE)
endfunction()
