# timetrial_add_submission(<name> SOURCES …)
# A training algorithm: <name>.so, built against the SDK alone, in <build>/submissions. Installed with
# the package too, so that submissions outside the tree are built in the same way. Its search spaces lie
# beside it.
function(timetrial_add_submission name)
  cmake_parse_arguments(arg "" "" "SOURCES" ${ARGN})
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "timetrial_add_submission(${name}): SOURCES is missing")
  endif()
  add_library(${name} MODULE ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE Timetrial::sdk Timetrial::optim)
  target_compile_features(${name} PRIVATE cxx_std_20)
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".so" CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/submissions")
  # A symbol that nobody defines is the link's error here, not the loader's in the middle of a sweep.
  if(NOT TIMETRIAL_SANITIZER)
    target_link_options(${name} PRIVATE "LINKER:-z,defs")
  endif()
  # LibTorch is already loaded in the worker; a submission names it but must not carry a path to it.
  set_target_properties(${name} PROPERTIES SKIP_BUILD_RPATH ON)
  # search_space.json, and others called WORD.search_space.json.
  file(GLOB spaces RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" CONFIGURE_DEPENDS
       "${CMAKE_CURRENT_SOURCE_DIR}/search_space.json"
       "${CMAKE_CURRENT_SOURCE_DIR}/*.search_space.json")
  foreach(space IN LISTS spaces)
    configure_file("${CMAKE_CURRENT_SOURCE_DIR}/${space}"
                   "${CMAKE_BINARY_DIR}/submissions/${name}.${space}" COPYONLY)
  endforeach()
endfunction()
