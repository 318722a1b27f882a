#!/usr/bin/env bash
# Builds Attune's worker on a login node, from inside the unpacked source bundle, against the site's own libtorch. Needs no root
# and no network; goes on where an earlier call was cut. README.md says what it prints and leaves.
set -u -o pipefail
export LC_ALL=C
usage() {
  cat <<'TEXT'
usage: build_worker.sh [options]

  --environment FILE  source this script first, as a job will, and do everything in what it exports
  --torch DIR         the libtorch to use (a folder with include/ and lib/); default: the torch that python3 imports
  --device cpu        leave out the device libraries of a CUDA or ROCm libtorch
  --compiler CXX      the C++ compiler; default: the first of GCC 9 or newer (11 for libtorch 2.13 and newer), clang one later
  --cmake PROGRAM     the CMake, 3.16 or newer
  --jobs N            compile at most this many files at a time (default 4)
  --memory MB         and so few that they take at most this much memory (default 6000)
  --workers DIR       the folder of workers (default ~/.attune/worker); this one goes to DIR/ID
  --prefix DIR        where it goes instead
  --build DIR         where it is compiled, in a folder build-ID (default: in the bundle)
  --check             only look whether it can be built, and configure
TEXT
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
locked='' child=''
. "$here/site_tools.sh"
per_job=1000   # MB that a compile takes at most: the largest is measured at 900
build_disk=200 # MB of a build folder: 90 with objects at -O3, and as much for the linker

arguments=("$@")
environment='' torch='' device='' asked_compiler='' asked_cmake='' jobs=4 memory=6000 workers=$HOME/.attune/worker prefix='' build='' check=''
while [[ $# -gt 0 ]]; do
  option=$1
  case $option in
  --check) check=1; shift; continue ;;
  -h | --help) usage; exit 0 ;;
  --environment | --torch | --device | --compiler | --cmake | --jobs | --memory | --workers | --prefix | --build) ;;
  *) usage >&2; fail usage "There is no option $option." "See above." ;;
  esac
  [[ -n ${2:-} ]] || fail usage "$option needs a value." "See build_worker.sh --help."
  case $option in
  --environment) environment=$2 ;;
  --torch) torch=$2 ;;
  --device) device=$2 ;;
  --compiler) asked_compiler=$2 ;;
  --cmake) asked_cmake=$2 ;;
  --jobs) jobs=$2 ;;
  --memory) memory=$2 ;;
  --workers) workers=$2 ;;
  --prefix) prefix=$2 ;;
  --build) build=$2 ;;
  esac
  shift 2
done
[[ $jobs =~ ^[1-9][0-9]{0,3}$ ]] || fail usage "--jobs $jobs is no number from 1." "Give it as in --jobs 4."
[[ $memory =~ ^[1-9][0-9]{0,7}$ ]] || fail usage "--memory $memory is no number of megabytes." "Give it as in --memory 6000."
[[ -z $device || $device == cpu ]] || fail usage "--device takes cpu only." "Leave it out to use the cards that libtorch was built for."
{ read -r version && read -r bundle; } <"$here/BUNDLE" || fail bundle "$here is no complete bundle (BUNDLE is missing)." "Unpack the bundle again."

# The environment is sourced by a shell of its own, which starts this script anew: only what it exports arrives, as in a job,
# and its variables cannot meet ours.
if [[ -n $environment && ${ATTUNE_WORKER_ENVIRONMENT:-} != "$environment" ]]; then
  [[ -r $environment && ! -d $environment ]] || fail environment "The environment script $environment cannot be read." "Give the path of the script that you source on this cluster."
  progress 0 "sourcing $environment"
  exec bash -l -c 'trap '\''echo "Failed: the environment script ended the shell."; echo "What to do: it must not call exit; source it by hand to see why it does."; echo "@@worker failed environment@@"; exit 1'\'' EXIT
    attune_script=$1 attune_builder=$2; shift 2
    set +eu; . "$attune_script"; attune_rc=$?; set +eu; trap - EXIT
    [ $attune_rc -eq 0 ] || echo "Note: the environment script ended with $attune_rc; going on."
    ATTUNE_WORKER_ENVIRONMENT=$attune_script exec bash "$attune_builder" "$@"' environment "$environment" "$here/build_worker.sh" "${arguments[@]}"
fi

stop() {
  trap '' HUP INT TERM
  [[ -z $child ]] || { kill -TERM -- "-$child" 2>/dev/null; wait "$child" 2>/dev/null; }
  fail stopped "The build was stopped." "Start it again: it goes on where it was."
}
finish() {
  [[ -z $locked ]] || rm -rf "$locked"
}
trap stop HUP INT TERM
trap finish EXIT

run_part() { # run_part COMMAND...: in a process group of its own, so that a stop ends all its compilers
  set -m
  "$@" &
  child=$!
  set +m
  wait "$child"
  local rc=$?
  child=''
  return $rc
}

progress 0 "looking at what is here"
work=$(mktemp -d "${TMPDIR:-/tmp}/attune-worker.XXXXXX" 2>/dev/null) || fail no-disk "Nothing can be written to ${TMPDIR:-/tmp}." "Free some space there, or set TMPDIR to another folder."
locked=$work
find_torch "$torch"
[[ -z $device ]] || torch_kind=cpu
standard=17
! at_least "$torch_version" 2.13 || standard=20
find_compiler "$asked_compiler" $standard "$work"
find_cmake "$asked_cmake"
find_make
id=$version-$bundle-$(identify "$torch_root $torch_build $torch_kind $compiler_text $environment")
prefix=${prefix:-$workers/$id}
build=${build:-$here}/build-$id # never a build of other sources: those of a bundle are all of one age, so make would not notice
[[ $prefix$build != *[\'$'\n']* ]] || fail usage "The folders must have neither quotes nor line ends in their names." "Choose others: --prefix DIR and --build DIR."
mkdir -p "$build" "$prefix" || fail no-disk "The folders $build and $prefix cannot be made." "Choose others: --prefix DIR and --build DIR."
build=$(cd "$build" && pwd -P)
prefix=$(cd "$prefix" && pwd -P)
rm -rf "$work"
locked=''
say "libtorch:  $torch_build ($torch_kind) in $torch_root" "compiler:  $compiler_text, C++$standard" "CMake:     $cmake_version ($cmake), $generator ($make)" \
  "worker:    $version, bundle $bundle, into $prefix"

# One build at a time in a folder; a lock whose owner is gone is taken over. By mkdir, since not every cluster disk has file locks.
if ! mkdir "$build/lock" 2>/dev/null; then
  read -r owner_host owner <"$build/lock/owner" 2>/dev/null || owner_host='' owner=''
  if [[ $owner_host != "$(uname -n)" && -n $owner_host ]]; then
    fail locked "Another build goes on in $build, on $owner_host (process $owner)." "Wait for it; if it is gone, remove $build/lock."
  elif [[ -n $owner ]] && kill -0 "$owner" 2>/dev/null; then
    fail locked "Another build goes on in $build (process $owner)." "Wait for it, or stop it with: kill $owner"
  fi
fi
printf '%s %s\n' "$(uname -n)" $$ >"$build/lock/owner" || fail no-disk "Nothing can be written to $build." "Free some space or quota, or choose another disk: --build DIR."
locked=$build/lock

built=$(du -sm "$build" 2>/dev/null | cut -f1)
need_disk "$build" $((build_disk - ${built:-0} > 20 ? build_disk - ${built:-0} : 20)) "the build"
need_disk "$prefix" 50 "the worker"
cores=$(nproc 2>/dev/null || echo 1)
[[ $jobs -le $cores ]] || jobs=$cores
[[ $jobs -le $((memory / per_job)) ]] || jobs=$((memory / per_job))
if [[ $jobs -lt 1 ]]; then
  say "Note: a compile can take $per_job MB, more than the $memory MB given; trying one at a time."
  jobs=1
fi

explain_log() { # explain_log FILE WHAT: why a step failed, by what its log says
  if grep -q -i -E 'No space left on device|Disk quota exceeded' "$1"; then
    fail no-disk "The disk or your quota is full ($build)." "Free some space, then start again: it goes on where it was. Or choose another disk: --build DIR."
  elif grep -q -E 'Killed|virtual memory exhausted|out of memory|Cannot allocate memory' "$1"; then
    fail no-memory "The login node let the compiler have no more memory ($jobs at a time)." "Start again with --jobs 1, or build in a job on a compute node: it goes on where it was."
  elif grep -q 'undefined reference' "$1"; then
    fail link "The compiler and this libtorch do not go together (the linker misses names of libtorch)." "Choose the compiler that the site built torch with (module avail gcc): --compiler /path/to/g++. Full output: $1"
  fi
  fail "${2%% *}" "$2 failed." "The full output is in $1; send it with a report, together with the lines above."
}

progress 2 "configuring"
run_part "$cmake" -S "$here" -B "$build" -G "$generator" -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER="$c_compiler" -DCMAKE_CXX_COMPILER="$compiler" \
  -DCMAKE_MAKE_PROGRAM="$make" -DATTUNE_TESTS=OFF -DATTUNE_GUI=OFF -DATTUNE_REMOTE=OFF -DATTUNE_WERROR=OFF -DATTUNE_BUNDLE_DIR="$here/third_party" \
  -DATTUNE_TORCH_DIR="$torch_root" -DATTUNE_TORCH_DEVICE="$device" >"$build/configure.log" 2>&1 ||
  { grep -m 3 -A 8 'CMake Error' "$build/configure.log"; explain_log "$build/configure.log" "configure (CMake)"; }
{ read -r _ && read -r torch_device && read -r torch_standard && read -r torch_abi; } <"$build/torch.txt"
say "libtorch asks for C++$torch_standard and string ABI $torch_abi"
progress 5 "configured"
if [[ -n $check ]]; then
  say "The worker can be built here."
  exit 0
fi

# A compiler that was killed can leave half a file that make takes for whole: the last written ones, and what was put together.
if [[ -e $build/unfinished ]]; then
  say "Going on with an earlier build."
  find "$build" -name '*.o' -printf '%T@ %p\n' | sort -rn | head -n $((jobs > 8 ? jobs : 8)) | cut -d' ' -f2- | tr '\n' '\0' | xargs -0 -r rm -f
  find "$build" \( -name '*.a' -o -name libattune-engine.so -o -path '*/bin/attune' \) -type f -delete
fi
: >"$build/unfinished"

show_compile() { # percentages out of what make or ninja prints; all of it goes to the log
  local line percent last=5
  while IFS= read -r line; do
    printf '%s\n' "$line" >&3
    percent=''
    if [[ $line =~ ^\[\ *([0-9]+)%\] ]]; then percent=${BASH_REMATCH[1]}
    elif [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]]; then percent=$((100 * BASH_REMATCH[1] / BASH_REMATCH[2])); fi
    [[ -n $percent ]] || continue
    percent=$((5 + percent * 85 / 100))
    [[ $percent -gt $last ]] || continue
    line=${line##*/}
    progress $((last = percent)) "compiling ${line%.o}"
  done 3>"$build/compile.log"
}
compile() { nice -n 10 "$cmake" --build "$build" --target attune -- -j"$1" 2>&1 | show_compile; }
say "Compiling $jobs at a time; a first build takes 25 to 60 minutes of one core."
if ! run_part compile "$jobs"; then
  if [[ $jobs -gt 1 ]] && grep -q -E 'Killed|virtual memory exhausted|Cannot allocate memory' "$build/compile.log"; then
    say "The compiler ran out of memory; going on with one at a time."
    run_part compile 1
  else
    false
  fi || { grep -m 12 -A 4 -E 'error:|error |undefined reference|Killed|No space|quota' "$build/compile.log" | cut -c1-300; explain_log "$build/compile.log" "compile"; }
fi
rm -f "$build/unfinished"

progress 91 "installing into $prefix"
# From here to the end there is no worker.json: what is half installed is taken for nothing.
rm -f "$prefix/worker.json"
mkdir -p "$prefix/bin" "$prefix/libexec" &&
  for file in attune libattune-engine.so; do
    cp "$build/bin/$file" "$prefix/libexec/$file.new" && { strip --strip-unneeded "$prefix/libexec/$file.new" 2>/dev/null || true; } &&
      chmod 755 "$prefix/libexec/$file.new" && mv -f "$prefix/libexec/$file.new" "$prefix/libexec/$file" || break
  done && [[ -x $prefix/libexec/libattune-engine.so ]] || fail no-disk "The worker could not be copied into $prefix." "Free some space or quota, or choose another folder: --prefix DIR."

# What the loader needs and a bare shell lacks: the standard library, where the newest is not the system's, and the folders in
# which the environment keeps the libraries under libtorch (a ROCm or DTK stack).
folders=()
find_runtime
if [[ -n $runtime ]]; then
  mkdir -p "$prefix/lib" && ln -sf "$runtime" "$prefix/lib/libstdc++.so.6" || fail no-disk "Nothing can be written to $prefix." "Free some space or quota."
  [[ ! -e ${runtime%/*}/libgcc_s.so.1 ]] || ln -sf "${runtime%/*}/libgcc_s.so.1" "$prefix/lib/"
  folders=("$prefix/lib")
fi
IFS=: read -r -a inherited <<<"${LD_LIBRARY_PATH:-}"
for folder in ${inherited[@]+"${inherited[@]}"}; do
  [[ $folder != /* || $folder == *[\'$'\n']* || ! -d $folder ]] || folders+=("$folder")
done
joined=$(IFS=:; printf '%s' "${folders[*]-}")
path_lines=''
[[ -z $joined ]] || path_lines="LD_LIBRARY_PATH='$joined'\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH"
cat >"$prefix/bin/attune.new" <<TEXT
#!/bin/sh
# Starts the worker with the libraries that it was built with, in whatever environment.
$path_lines
exec '$prefix/libexec/attune' "\$@"
TEXT
chmod 755 "$prefix/bin/attune.new" && mv -f "$prefix/bin/attune.new" "$prefix/bin/attune" || fail no-disk "$prefix/bin/attune could not be written." "Free some space or quota."

progress 93 "trying the worker without the environment"
bare() { env -i HOME="$HOME" PATH=/usr/bin:/bin OMP_NUM_THREADS="$jobs" "$prefix/bin/attune" "$@"; }
bare --version >/dev/null 2>"$build/doctor.log" ||
  fail run "The worker does not start: $(head -c 300 "$build/doctor.log")" "Choose another compiler (--compiler), or report it with this output."
checked=true doctor=$(bare doctor --json --threads "$jobs" --workspace "$prefix" 2>"$build/doctor.log")
rc=$?
# Login nodes may lack what compute nodes have: the card's driver. Then only a job can tell.
if [[ $rc -ne 0 && $doctor == *'cannot open shared object file'* && $torch_device != cpu ]]; then
  say "Note: this node lacks a library of the cards, so the worker could not be tried here: $(grep -o '[^ "]*: cannot open shared object file' <<<"$doctor" | head -n 1)"
  checked=false
elif [[ $rc -ne 0 || $doctor != '{'*'}' ]]; then
  fail run "The worker does not run here (attune doctor ended with $rc): $(head -c 400 <<<"$doctor $(<"$build/doctor.log")")" "If a library is missing, load it in the environment script; else report it with this output."
fi

environment_sha=''
[[ -z $environment ]] || environment_sha=$(sha256sum <"$environment" | cut -d' ' -f1)
{
  printf '{"format":1,"version":%s,"bundle":%s,"id":%s,"binary":%s,' "$(json_text "$version")" "$(json_text "$bundle")" "$(json_text "$id")" "$(json_text "$prefix/bin/attune")"
  printf '"torch":{"version":%s,"build":%s,"kind":%s,"cuda":%s,"hip":%s,"device":%s,"cxx_standard":%d,"cxx11_abi":%d,"root":%s},' "$(json_text "$torch_version")" \
    "$(json_text "$torch_build")" "$(json_text "$torch_kind")" "$(json_text "$torch_cuda")" "$(json_text "$torch_hip")" "$(json_text "$torch_device")" "$torch_standard" "$torch_abi" "$(json_text "$torch_root")"
  printf '"compiler":%s,"cmake":%s,"environment":%s,"environment_sha256":%s,"library_path":%s,"host":%s,"built":%s,' "$(json_text "$compiler_text")" "$(json_text "$cmake_version")" \
    "$(json_text "$environment")" "$(json_text "$environment_sha")" "$(json_text "$joined")" "$(json_text "$(uname -n)")" "$(json_text "$(date -u +%Y-%m-%dT%H:%M:%SZ)")"
  printf '"checked":%s,"doctor":%s}\n' "$checked" "$([[ $checked == true ]] && printf '%s' "$doctor" || printf null)"
} >"$prefix/worker.json.new" && mv -f "$prefix/worker.json.new" "$prefix/worker.json" || fail no-disk "$prefix/worker.json could not be written." "Free some space or quota."
progress 100 "installed"
printf '@@worker done %s@@\n' "$prefix"
