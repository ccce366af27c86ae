# hello NAME: prints a greeting.
hello() {
  echo "Hello, $1!"
}
