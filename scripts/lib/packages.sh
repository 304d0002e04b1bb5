# To be sourced. shellcheck shell=sh

# install_packages WHAT PACKAGE...: as root on Debian it installs them; elsewhere it says the exact command and ends the
# calling script. WHAT is for the person who reads it.
install_packages() {
  _what=$1
  shift
  if ! command -v apt-get >/dev/null 2>&1; then
    return 1
  fi
  if [ "$(id -u)" -ne 0 ]; then
    echo "$_what needed. Install with:" >&2
    echo "  sudo apt-get update && sudo apt-get install -y $*" >&2
    exit 1
  fi
  echo "Installing: $*" >&2
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >&2
}

# ensure_commands COMMAND:PACKAGE...: returns when the commands are there.
ensure_commands() {
  _packages=
  for _pair in "$@"; do
    command -v "${_pair%%:*}" >/dev/null 2>&1 || _packages="$_packages ${_pair#*:}"
  done
  [ -n "$_packages" ] || return 0
  # Package names hold no blanks: split on purpose.
  # shellcheck disable=SC2086
  if ! install_packages "Some commands are" $_packages; then
    echo "These packages are needed:$_packages" >&2
    exit 1
  fi
}
