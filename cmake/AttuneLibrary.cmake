# attune_flags and the one helper that creates every library, so that each gets the same flags and checks.

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(attune_flags INTERFACE)
target_include_directories(attune_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(attune_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Werror)
target_compile_features(attune_flags INTERFACE cxx_std_${ATTUNE_CXX_STANDARD})

# attune_library(NAME FOLDERS a b c [PUBLIC libs...] [PRIVATE libs...])
function(attune_library name)
  cmake_parse_arguments(ARG "" "" "FOLDERS;PUBLIC;PRIVATE" ${ARGN})
  set(sources)
  foreach(folder ${ARG_FOLDERS})
    file(GLOB_RECURSE found CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cpp ${CMAKE_SOURCE_DIR}/${folder}/*.h)
    list(APPEND sources ${found})
  endforeach()
  add_library(${name} STATIC ${sources})
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(${name} PUBLIC attune_flags ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()
