"""How clients reach us, and how the parts are joined."""
