package sandbox

const losantPath = "/applications/" + losantApplication + "/credentials"
