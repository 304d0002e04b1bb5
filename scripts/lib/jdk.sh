# To be sourced after lib/packages.sh: . "$here/lib/jdk.sh"; ensure_jdk_and_maven
# shellcheck shell=sh

# Prints the major version of the JDK in use (JAVA_HOME first, then PATH), or 0 when there is no compiler.
jdk_version() {
  _javac=javac
  if [ -n "${JAVA_HOME:-}" ]; then
    _javac=$JAVA_HOME/bin/javac
  fi
  _version=$("$_javac" -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p' | head -n 1)
  echo "${_version:-0}"
}

# Returns when a JDK 17 or later and Maven are there. As root on Debian it installs what is missing; elsewhere it says
# the exact command and ends the calling script.
ensure_jdk_and_maven() {
  _missing=
  if [ "$(jdk_version)" -lt 17 ]; then
    if [ -n "${JAVA_HOME:-}" ]; then
      echo "JAVA_HOME is $JAVA_HOME, which holds no JDK 17 or later. Correct it, or: unset JAVA_HOME" >&2
      exit 1
    fi
    _missing=openjdk-17-jdk-headless
    # A later Debian no longer has 17; its default JDK is newer.
    if command -v apt-cache >/dev/null 2>&1 && ! apt-cache show "$_missing" >/dev/null 2>&1 \
      && apt-cache show default-jdk-headless >/dev/null 2>&1; then
      _missing=default-jdk-headless
    fi
  fi
  command -v mvn >/dev/null 2>&1 || _missing="$_missing maven"
  [ -n "$_missing" ] || return 0

  # Package names hold no blanks: split on purpose.
  # shellcheck disable=SC2086
  if install_packages "A JDK (17 or later) and Maven are" $_missing; then
    if [ "$(jdk_version)" -ge 17 ] && command -v mvn >/dev/null 2>&1; then
      return 0
    fi
    echo "The installation went through, but javac or mvn still does not answer." >&2
  elif command -v dnf >/dev/null 2>&1; then
    echo "A JDK (17 or later) and Maven are needed. Install them with:" >&2
    echo "  sudo dnf install -y java-17-openjdk-devel maven" >&2
  elif command -v brew >/dev/null 2>&1; then
    echo "A JDK (17 or later) and Maven are needed. Install them with:" >&2
    echo "  brew install openjdk@17 maven" >&2
  else
    echo "A JDK (17 or later) and Maven 3.8 or later are needed on the PATH." >&2
  fi
  exit 1
}
